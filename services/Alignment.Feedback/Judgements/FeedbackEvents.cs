using System.Data.Common;
using Alignment.Contracts.Messages;
using Alignment.PreferenceStore.Judgements;
using Alignment.Storage.Outbox;
using Dapper;

namespace Alignment.Feedback.Judgements;

/// <summary>Tells others that judgements arrived: one message for a project and second, held back until that second is over.</summary>
internal sealed class FeedbackEvents(IEventOutbox outbox)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    public async Task JudgementStoredAsync(DbTransaction tx, Judgement judgement, CancellationToken ct)
    {
        var count = await tx.Connection!.ExecuteScalarAsync<long>(new CommandDefinition(
            "select count(*) from judgements where project_id = @ProjectId", new { judgement.ProjectId }, tx, cancellationToken: ct));
        var window = judgement.SubmittedAt / (long)Window.TotalMilliseconds;
        await outbox.AddAsync(tx, new FeedbackRecorded(judgement.ProjectId, count, judgement.SubmittedAt), $"feedback-recorded:{judgement.ProjectId}:{window}", Window, ct);
    }
}
