using System.Data.Common;
using System.Text.Json;
using Alignment.PreferenceStore.Leases;
using Dapper;

namespace Alignment.PreferenceStore.Judgements;

/// <summary>The rows behind <see cref="JudgementStore"/>.</summary>
internal static class JudgementRows
{
    public const string Columns = """
        j.id as "Id", j.task_id as "TaskId", j.project_id as "ProjectId", j.lease_id as "LeaseId", j.revision as "Revision", j.ranking as "Ranking",
        j.none_acceptable as "NoneAcceptable", j.comment as "Comment", j.active_ms as "ActiveMs", j.submitted_at as "SubmittedAt"
        """;

    public static Task<Lease?> LeaseAsync(DbTransaction tx, Submission submission, CancellationToken ct) => tx.Connection!.QuerySingleOrDefaultAsync<Lease>(new CommandDefinition("""
        select t.project_id as "ProjectId", l.annotator_id as "AnnotatorId", l.presented_order as "PresentedOrder", l.state as "State", l.expires_at as "ExpiresAt"
        from leases l join tasks t on t.id = l.task_id join annotators a on a.id = l.annotator_id
        where l.id = @LeaseId and l.task_id = @TaskId and a.handle = @Handle
        """, new { submission.LeaseId, submission.TaskId, submission.Handle }, tx, cancellationToken: ct));

    public static Task<Row?> ByKeyAsync(DbTransaction tx, string taskId, string annotatorId, string key, CancellationToken ct) => tx.Connection!.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
        $"""select {Columns}, j.request_hash as "RequestHash" from judgements j where j.task_id = @taskId and j.annotator_id = @annotatorId and j.idempotency_key = @key""",
        new { taskId, annotatorId, key }, tx, cancellationToken: ct));

    public static Task<Current?> CurrentAsync(DbTransaction tx, string taskId, string annotatorId, CancellationToken ct) => tx.Connection!.QuerySingleOrDefaultAsync<Current>(new CommandDefinition(
        """select id as "Id", revision as "Revision" from current_judgements where task_id = @taskId and annotator_id = @annotatorId""", new { taskId, annotatorId }, tx, cancellationToken: ct));

    /// <summary>A first judgement fills a slot; the last slot completes the task.</summary>
    public static async Task CountAsync(DbTransaction tx, string taskId, string leaseId, CancellationToken ct)
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition("update leases set state = 'submitted' where id = @leaseId", new { leaseId }, tx, cancellationToken: ct));
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            update tasks set received = received + 1, state = case when received + 1 >= required then 'complete' else state end where id = @taskId
            """, new { taskId }, tx, cancellationToken: ct));
    }

    public sealed record Lease(string ProjectId, string AnnotatorId, string PresentedOrder, string State, long ExpiresAt);

    public sealed record Current(string Id, long Revision);

    public sealed record Row(string Id, string TaskId, string ProjectId, string LeaseId, long Revision, string Ranking, long NoneAcceptable, string Comment, long ActiveMs,
        long SubmittedAt, string RequestHash)
    {
        public Judgement ToJudgement(IReadOnlyList<string> order) => new(Id, TaskId, ProjectId, LeaseId, Revision, Labels(Ranking, order), NoneAcceptable != 0, Comment, ActiveMs, SubmittedAt);
    }

    public static IReadOnlyList<IReadOnlyList<string>> Labels(string ranking, IReadOnlyList<string> order)
    {
        var labels = order.Select((id, i) => (id, label: PresentedOrder.LabelOf(i))).ToDictionary(p => p.id, p => p.label);
        return [.. JsonSerializer.Deserialize<string[][]>(ranking)!.Select(g => (IReadOnlyList<string>)[.. g.Select(id => labels[id])])];
    }
}
