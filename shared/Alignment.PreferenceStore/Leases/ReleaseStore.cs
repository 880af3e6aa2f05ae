using Alignment.PreferenceStore.Projects;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Leases;

/// <summary>Skips and flags: the ways to say that a task should not be ranked, or not like this.</summary>
public sealed class ReleaseStore(IDatabase database, TimeProvider clock)
{
    /// <summary>So many people must pass a task by before it leaves the queue for a moderator.</summary>
    public const int SkipsToPark = 3;

    /// <summary>Gives the task back and never offers it to this annotator again. False: no such active lease of that task and annotator.</summary>
    public Task<bool> SkipAsync(string taskId, string leaseId, string handle, string reason, string comment, CancellationToken ct = default) => database.WriteAsync(async (tx, token) =>
    {
        var projectId = await ProjectOfAsync(tx, taskId, token);
        if (projectId is null || !await ProjectStore.TakeTurnAsync(tx, projectId, token) || await Annotators.FindAsync(tx, handle, token) is not { } annotatorId)
        {
            return false;
        }

        var row = new { id = Ids.New(clock), taskId, leaseId, annotatorId, reason, comment, now = clock.Now(), park = SkipsToPark };
        var released = await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update leases set state = 'skipped' where id = @leaseId and task_id = @taskId and annotator_id = @annotatorId and state in ('active', 'expired')", row, tx, cancellationToken: token));
        if (released == 0)
        {
            return false;
        }

        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into skips (id, task_id, annotator_id, reason, comment, created_at) values (@id, @taskId, @annotatorId, @reason, @comment, @now)
            on conflict (task_id, annotator_id) do nothing
            """, row, tx, cancellationToken: token));
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "update tasks set state = 'parked' where id = @taskId and state = 'open' and (select count(*) from skips where task_id = @taskId) >= @park", row, tx, cancellationToken: token));
        return true;
    }, ct);

    /// <summary>Marks the task; the lease stays. False: the lease is not this annotator's for this task.</summary>
    public Task<bool> FlagAsync(string taskId, string leaseId, string handle, string kind, string comment, CancellationToken ct = default) => database.WriteAsync(async (tx, token) =>
    {
        var row = new { id = Ids.New(clock), taskId, leaseId, handle, kind, comment, now = clock.Now() };
        var annotatorId = await tx.Connection!.QuerySingleOrDefaultAsync<string>(new CommandDefinition("""
            select a.id from leases l join annotators a on a.id = l.annotator_id where l.id = @leaseId and l.task_id = @taskId and a.handle = @handle
            """, row, tx, cancellationToken: token));
        if (annotatorId is null)
        {
            return false;
        }

        await tx.Connection!.ExecuteAsync(new CommandDefinition("""
            insert into flags (id, task_id, annotator_id, kind, comment, created_at) values (@id, @taskId, @annotatorId, @kind, @comment, @now)
            on conflict (task_id, annotator_id, kind) do nothing
            """, new { row.id, row.taskId, annotatorId, row.kind, row.comment, row.now }, tx, cancellationToken: token));
        return true;
    }, ct);

    private static Task<string?> ProjectOfAsync(System.Data.Common.DbTransaction tx, string taskId, CancellationToken ct) => tx.Connection!.QuerySingleOrDefaultAsync<string>(
        new CommandDefinition("select project_id from tasks where id = @taskId", new { taskId }, tx, cancellationToken: ct));
}
