using System.Data.Common;
using Alignment.Storage;
using Dapper;

namespace Alignment.Jobs.Queue;

internal sealed class JobReader(IDatabase database) : IJobReader
{
    public Task<JobView?> GetAsync(string jobId, CancellationToken ct) => database.ReadAsync((db, token) =>
        db.QuerySingleOrDefaultAsync<JobView>(new CommandDefinition($"select {JobColumns.Select} from jobs where id = @id", new { id = jobId }, cancellationToken: token)), ct);

    public Task<IReadOnlyList<JobView>> ListAsync(string? kind, string? state, string? cycleId, string? before, int limit, CancellationToken ct) =>
        database.ReadAsync(async (db, token) =>
        {
            // Only the filters that are given: a null parameter has no type that PostgreSQL could infer.
            var filters = new List<string> { "1 = 1" };
            void Filter(string? value, string condition)
            {
                if (value is not null)
                {
                    filters.Add(condition);
                }
            }

            Filter(kind, "kind = @kind");
            Filter(state, "state = @state");
            Filter(cycleId, "cycle_id = @cycle");
            Filter(before, "id < @before");
            var rows = await db.QueryAsync<JobView>(new CommandDefinition(
                $"select {JobColumns.Select} from jobs where {string.Join(" and ", filters)} order by id desc limit @limit",
                new { kind, state, cycle = cycleId, before, limit = Math.Clamp(limit, 1, 500) }, cancellationToken: token)).ConfigureAwait(false);
            return (IReadOnlyList<JobView>)rows.AsList();
        }, ct);

    public Task<IReadOnlyList<JobAttemptView>> AttemptsAsync(string jobId, CancellationToken ct) => database.ReadAsync(async (db, token) =>
        (IReadOnlyList<JobAttemptView>)(await db.QueryAsync<JobAttemptView>(new CommandDefinition("""
            select attempt, owner, started_at as StartedAt, ended_at as EndedAt, outcome, last_step as LastStep, error_text as ErrorText
            from job_attempts where job_id = @id order by attempt
            """, new { id = jobId }, cancellationToken: token)).ConfigureAwait(false)).AsList(), ct);

    public Task<JobView?> FindAsync(DbTransaction transaction, string idempotencyKey, CancellationToken ct) =>
        transaction.Connection!.QuerySingleOrDefaultAsync<JobView>(new CommandDefinition(
            $"select {JobColumns.Select} from jobs where idem_key = @key", new { key = idempotencyKey }, transaction, cancellationToken: ct));
}
