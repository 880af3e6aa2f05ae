using System.Data.Common;
using System.Text.Json;
using Alignment.PreferenceStore.Projects;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Leases;

/// <summary>Hands tasks to annotators, one at a time, and takes them back.</summary>
public sealed class LeaseStore(IDatabase database, TimeProvider clock)
{
    /// <summary>
    /// The annotator's task: the one still leased to them, else the oldest open one with a free slot that they have neither judged nor skipped.
    /// </summary>
    /// <param name="handle">Who asks; unknown handles are added.</param>
    /// <param name="kind"><c>person</c> or <c>simulated</c>; kept from the first time.</param>
    /// <param name="batch">Only tasks of this batch; null = any.</param>
    /// <param name="taskId">Only this task, to continue after an expired lease; null = any.</param>
    /// <exception cref="KeyNotFoundException">No such project.</exception>
    public Task<NextTask> NextAsync(string projectId, string handle, string kind = "person", string? batch = null, string? taskId = null, CancellationToken ct = default) =>
        database.WriteAsync(async (tx, token) =>
        {
            if (!await ProjectStore.TakeTurnAsync(tx, projectId, token))
            {
                throw new KeyNotFoundException($"Project {projectId} does not exist.");
            }

            var project = (await ProjectStore.FindAsync(tx, projectId, token))!;
            var now = clock.Now();
            var annotatorId = await Annotators.EnsureAsync(tx, handle, kind, clock, token);
            await ExpireAsync(tx, projectId, now, token);
            var request = new { projectId, annotatorId, now, batch = batch ?? "", taskId = taskId ?? "" };
            var filter = (batch is null ? "" : " and t.batch = @batch") + (taskId is null ? "" : " and t.id = @taskId");
            return await HeldAsync(tx, request, filter, token) is { } held ? new NextTask(held, null)
                : await FreeAsync(tx, request, filter, token) is { } free ? new NextTask(await GrantAsync(tx, project, free, annotatorId, handle, now, token), null)
                : new NextTask(null, await WhyEmptyAsync(tx, request, filter, token));
        }, ct);

    /// <summary>The lease with its task, or null; for showing the form again.</summary>
    public Task<LeasedTask?> FindAsync(string leaseId, CancellationToken ct = default) => database.ReadAsync((connection, token) => LeaseRows.LoadAsync(connection, null, leaseId, token), ct);

    private static Task ExpireAsync(DbTransaction tx, string projectId, long now, CancellationToken ct) => tx.Connection!.ExecuteAsync(new CommandDefinition("""
        update leases set state = 'expired'
        where state = 'active' and expires_at <= @now and task_id in (select id from tasks where project_id = @projectId)
        """, new { projectId, now }, tx, cancellationToken: ct));

    private static async Task<LeasedTask?> HeldAsync(DbTransaction tx, object request, string filter, CancellationToken ct)
    {
        var lease = await tx.Connection!.QueryFirstOrDefaultAsync<string>(new CommandDefinition($"""
            select l.id from leases l join tasks t on t.id = l.task_id
            where t.project_id = @projectId and l.annotator_id = @annotatorId and l.state = 'active'{filter} order by l.id limit 1
            """, request, tx, cancellationToken: ct));
        return lease is null ? null : await LeaseRows.LoadAsync(tx.Connection!, tx, lease, ct);
    }

    private static Task<FreeTask?> FreeAsync(DbTransaction tx, object request, string filter, CancellationToken ct) => tx.Connection!.QueryFirstOrDefaultAsync<FreeTask>(new CommandDefinition($"""
        select t.id as "Id", p.group_hash as "GroupHash" from tasks t join prompts p on p.id = t.prompt_id
        where t.project_id = @projectId and t.state = 'open'{filter}
          and not exists (select 1 from judgements j where j.task_id = t.id and j.annotator_id = @annotatorId)
          and not exists (select 1 from skips s where s.task_id = t.id and s.annotator_id = @annotatorId)
          and t.received + (select count(*) from leases l where l.task_id = t.id and l.state = 'active') < t.required
        order by t.created_at, t.ordinal, t.id limit 1
        """, request, tx, cancellationToken: ct));

    private async Task<LeasedTask> GrantAsync(DbTransaction tx, Project project, FreeTask task, string annotatorId, string handle, long now, CancellationToken ct)
    {
        var candidates = await tx.Connection!.QueryAsync<CandidateKey>(new CommandDefinition(
            """select id as "Id", text_hash as "TextHash" from candidates where task_id = @Id""", task, tx, cancellationToken: ct));
        var seed = PresentedOrder.SeedOf(project.Seed, task.GroupHash, handle);
        var order = PresentedOrder.Shuffle(candidates, c => c.TextHash, seed).Select(c => c.Id).ToArray();
        var lease = new { id = Ids.New(clock), task = task.Id, annotatorId, seed, order = JsonSerializer.Serialize(order), now, expires = now + (project.LeaseMinutes * 60_000) };
        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into leases (id, task_id, annotator_id, seed, presented_order, state, acquired_at, expires_at)
            values (@id, @task, @annotatorId, @seed, @order, 'active', @now, @expires)
            """, lease, tx, cancellationToken: ct));
        return (await LeaseRows.LoadAsync(tx.Connection!, tx, lease.id, ct))!;
    }

    private static async Task<EmptyQueue> WhyEmptyAsync(DbTransaction tx, object request, string filter, CancellationToken ct)
    {
        var counts = await tx.Connection!.QuerySingleAsync<QueueCounts>(new CommandDefinition($"""
            select count(*) as "All", coalesce(sum(case when t.state = 'open' then 1 else 0 end), 0) as "Open",
                   coalesce(sum(case when t.state = 'open'
                       and not exists (select 1 from judgements j where j.task_id = t.id and j.annotator_id = @annotatorId)
                       and not exists (select 1 from skips s where s.task_id = t.id and s.annotator_id = @annotatorId) then 1 else 0 end), 0) as "Mine"
            from tasks t where t.project_id = @projectId{filter}
            """, request, tx, cancellationToken: ct));
        return counts switch
        {
            { All: 0 } => EmptyQueue.NoTasks,
            { Open: 0 } => EmptyQueue.Finished,
            { Mine: 0 } => EmptyQueue.DoneByYou,
            _ => EmptyQueue.WaitingForOthers,
        };
    }

    private sealed record FreeTask(string Id, string GroupHash);

    private sealed record CandidateKey(string Id, string TextHash);

    private sealed record QueueCounts(long All, long Open, long Mine);
}
