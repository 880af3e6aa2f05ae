using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Judgements;

/// <summary>What an annotator has judged, newest first; only their own, so that nobody is led by others.</summary>
public sealed class JudgementHistory(IDatabase database)
{
    /// <param name="before">Continue below this judgement id (exclusive); null = from the newest.</param>
    public Task<IReadOnlyList<Judgement>> OfAsync(string projectId, string handle, string? before, int limit, CancellationToken ct = default) => database.ReadAsync<IReadOnlyList<Judgement>>(async (connection, token) =>
    {
        var rows = await connection.QueryAsync<Row>(new CommandDefinition($"""
            select {JudgementRows.Columns}, l.presented_order as "PresentedOrder"
            from current_judgements j join leases l on l.id = j.lease_id join annotators a on a.id = j.annotator_id
            where j.project_id = @projectId and a.handle = @handle and j.id < @before order by j.id desc limit @limit
            """, new { projectId, handle, before = before ?? "g", limit }, cancellationToken: token));
        return [.. rows.Select(r => r.ToJudgement())];
    }, ct);

    private sealed record Row(string Id, string TaskId, string ProjectId, string LeaseId, long Revision, string Ranking, long NoneAcceptable, string Comment, long ActiveMs,
        long SubmittedAt, string PresentedOrder)
    {
        public Judgement ToJudgement() => new(Id, TaskId, ProjectId, LeaseId, Revision, JudgementRows.Labels(Ranking, Leases.PresentedOrder.Parse(PresentedOrder)), NoneAcceptable != 0,
            Comment, ActiveMs, SubmittedAt);
    }
}
