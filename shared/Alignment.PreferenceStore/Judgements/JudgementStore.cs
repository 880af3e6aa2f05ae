using System.Data.Common;
using System.Text.Json;
using Alignment.PreferenceStore.Leases;
using Alignment.PreferenceStore.Projects;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Judgements;

/// <summary>Takes judgements. Rows are only ever added; only the Feedback service calls this.</summary>
public sealed class JudgementStore(IDatabase database, TimeProvider clock)
{
    /// <param name="stored">Runs in the same transaction when a judgement was stored (not on a replay), for example to add an event to the outbox.</param>
    public Task<SubmissionOutcome> SubmitAsync(Submission submission, Func<DbTransaction, Judgement, CancellationToken, Task>? stored = null, CancellationToken ct = default) =>
        database.WriteAsync(async (tx, token) =>
        {
            var lease = await JudgementRows.LeaseAsync(tx, submission, token);
            if (lease is null || !await ProjectStore.TakeTurnAsync(tx, lease.ProjectId, token))
            {
                return new SubmissionOutcome(SubmissionResult.UnknownLease);
            }

            // Under the project's turn: read again what a concurrent submission may have changed.
            lease = (await JudgementRows.LeaseAsync(tx, submission, token))!;
            var order = PresentedOrder.Parse(lease.PresentedOrder);
            var outcome = await ReplayAsync(tx, submission, lease, order, token) ?? Refuse(submission, lease, order, clock.Now());
            if (outcome is not null)
            {
                return outcome;
            }

            var revision = await JudgementRows.CurrentAsync(tx, submission.TaskId, lease.AnnotatorId, token);
            if (submission.Supersedes != revision?.Id)
            {
                return new SubmissionOutcome(submission.Supersedes is null ? SubmissionResult.AlreadyJudged : SubmissionResult.NotCurrent);
            }

            var judgement = await InsertAsync(tx, submission, lease, order, (revision?.Revision ?? 0) + 1, token);
            await (stored?.Invoke(tx, judgement, token) ?? Task.CompletedTask);
            return new SubmissionOutcome(SubmissionResult.Stored, judgement);
        }, ct);

    private static async Task<SubmissionOutcome?> ReplayAsync(DbTransaction tx, Submission submission, JudgementRows.Lease lease, IReadOnlyList<string> order, CancellationToken ct)
    {
        var first = await JudgementRows.ByKeyAsync(tx, submission.TaskId, lease.AnnotatorId, submission.IdempotencyKey, ct);
        return first is null ? null
            : first.RequestHash == HashOf(submission) ? new SubmissionOutcome(SubmissionResult.Replayed, first.ToJudgement(order))
            : new SubmissionOutcome(SubmissionResult.KeyReused);
    }

    private static SubmissionOutcome? Refuse(Submission submission, JudgementRows.Lease lease, IReadOnlyList<string> order, long now)
    {
        var labels = order.Select((_, i) => PresentedOrder.LabelOf(i)).ToList();
        var placed = submission.Ranking.SelectMany(g => g).Order(StringComparer.Ordinal);
        var complete = placed.SequenceEqual(labels) && submission.Ranking.All(g => g.Count > 0);
        return (lease.State, complete, submission.Supersedes) switch
        {
            ("expired", _, null) => new SubmissionOutcome(SubmissionResult.LeaseExpired),
            ("active", _, null) when lease.ExpiresAt <= now => new SubmissionOutcome(SubmissionResult.LeaseExpired),
            ("skipped", _, null) => new SubmissionOutcome(SubmissionResult.AlreadyJudged),
            (_, false, _) => new SubmissionOutcome(SubmissionResult.IncompleteRanking, Labels: labels),
            _ => null,
        };
    }

    private async Task<Judgement> InsertAsync(DbTransaction tx, Submission submission, JudgementRows.Lease lease, IReadOnlyList<string> order, long revision, CancellationToken ct)
    {
        var groups = submission.Ranking.Select(g => g.Order(StringComparer.Ordinal).Select(label => order[label[0] - 'A']).ToArray()).ToArray();
        var row = new
        {
            id = Ids.New(clock), lease.ProjectId, submission.TaskId, lease.AnnotatorId, submission.LeaseId, revision, submission.Supersedes,
            ranking = JsonSerializer.Serialize(groups), none = submission.NoneAcceptable ? 1L : 0L, submission.Comment, submission.ActiveMs,
            submission.IdempotencyKey, hash = HashOf(submission), now = clock.Now(),
        };
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into judgements (id, project_id, task_id, annotator_id, lease_id, revision, supersedes, ranking, none_acceptable, comment, active_ms,
                                    idempotency_key, request_hash, submitted_at)
            values (@id, @ProjectId, @TaskId, @AnnotatorId, @LeaseId, @revision, @Supersedes, @ranking, @none, @Comment, @ActiveMs, @IdempotencyKey, @hash, @now)
            """, row, tx, cancellationToken: ct));
        foreach (var (group, index) in groups.Select((g, i) => (g, i)))
        {
            await tx.Connection!.ExecuteAsync(new CommandDefinition("insert into judgement_ranks (judgement_id, candidate_id, place) values (@id, @candidate, @place)",
                group.Select(candidate => new { row.id, candidate, place = (long)index + 1 }), tx, cancellationToken: ct));
        }

        if (revision == 1)
        {
            await JudgementRows.CountAsync(tx, submission.TaskId, submission.LeaseId, ct);
        }

        return new Judgement(row.id, submission.TaskId, lease.ProjectId, submission.LeaseId, revision, submission.Ranking, submission.NoneAcceptable, submission.Comment, submission.ActiveMs, row.now);
    }

    private static string HashOf(Submission s) => Sha256.Of(JsonSerializer.Serialize(new
    {
        s.TaskId, s.LeaseId, ranking = s.Ranking.Select(g => g.Order(StringComparer.Ordinal)), s.Comment, s.NoneAcceptable, s.Supersedes,
    }));
}
