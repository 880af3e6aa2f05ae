using System.Data.Common;
using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Alignment.Storage;
using Alignment.Storage.Outbox;
using Alignment.Storage.Signals;
using Dapper;

namespace Alignment.Jobs.Leases;

/// <summary>Takes the next due job of some kinds: queued ones, and running ones whose worker crashed or fell silent.</summary>
internal sealed class JobClaims(IDatabase database, IEventOutbox outbox, IWakeSignal wake, JobWorkerOptions options)
{
    /// <summary>A job that takes its host down this often without getting further must not do so for ever.</summary>
    private const int MaxCrashesWithoutProgress = 3;

    /// <returns>The claimed job, or null when nothing is due.</returns>
    public async Task<ClaimedJob?> TryClaimAsync(IReadOnlyCollection<string> kinds, string owner, CancellationToken ct)
    {
        await ExpireDeadNeighboursAsync(ct).ConfigureAwait(false);
        while (await AnyDueAsync(kinds, ct).ConfigureAwait(false))
        {
            var (found, claimed) = await database.WriteAsync((tx, token) => ClaimOneAsync(tx, kinds, owner, token), ct).ConfigureAwait(false);
            if (claimed is not null || !found)
            {
                return claimed;
            }
        }

        return null;
    }

    private string Due(string kinds) =>
        $"{database.Dialect.In("kind", kinds)} and due_at <= {database.Dialect.Now} and (state = 'queued' or (state = 'running' and lease_until < {database.Dialect.Now}))";

    /// <summary>A plain read first: an idle poll must not take the only write lock of SQLite.</summary>
    private Task<bool> AnyDueAsync(IReadOnlyCollection<string> kinds, CancellationToken ct) => database.ReadAsync(async (db, token) =>
        await db.ExecuteScalarAsync<long?>(new CommandDefinition($"select 1 from jobs where {Due("kinds")} limit 1", new { kinds = kinds.ToArray() }, cancellationToken: token)).ConfigureAwait(false) is not null, ct);

    private async Task<(bool Found, ClaimedJob? Claimed)> ClaimOneAsync(DbTransaction tx, IReadOnlyCollection<string> kinds, string owner, CancellationToken ct)
    {
        var row = await tx.Connection!.QuerySingleOrDefaultAsync<ClaimedJob>(new CommandDefinition($"""
            select id, kind, spec, state, attempt, resume_ref as ResumeRef, cycle_id as CycleId, progress_step as ProgressStep,
                   claimed_step as ClaimedStep, crashes_without_progress as CrashesWithoutProgress, cancel_requested_at as CancelRequestedAt
            from jobs where {Due("kinds")} order by priority desc, due_at, id limit 1 {database.Dialect.SkipLocked}
            """, new { kinds = kinds.ToArray() }, tx, cancellationToken: ct)).ConfigureAwait(false);
        if (row is null)
        {
            return (false, null);
        }

        var crashed = row.State == JobStates.Running;
        var crashes = !crashed ? row.CrashesWithoutProgress : row.ProgressStep > row.ClaimedStep ? 0 : row.CrashesWithoutProgress + 1;
        if (crashed)
        {
            await CloseCrashedAttemptAsync(tx, row, ct).ConfigureAwait(false);
        }

        if (row.CancelRequestedAt is not null)
        {
            await EndAsync(tx, row, JobStates.Canceled, null, null, ct).ConfigureAwait(false);
            return (true, null);
        }

        if (crashes >= MaxCrashesWithoutProgress)
        {
            await EndAsync(tx, row, JobStates.Failed, "crashed_repeatedly", $"The worker died {crashes} times at this job without getting past step {row.ClaimedStep}; see the attempts and the worker's log.", ct).ConfigureAwait(false);
            return (true, null);
        }

        return (true, await TakeAsync(tx, row, crashes, owner, ct).ConfigureAwait(false));
    }

    private async Task<ClaimedJob> TakeAsync(DbTransaction tx, ClaimedJob row, long crashes, string owner, CancellationToken ct)
    {
        var now = database.Dialect.Now;
        var claimed = row with { State = JobStates.Running, Attempt = row.Attempt + 1, CrashesWithoutProgress = crashes, ClaimedStep = Math.Max(row.ClaimedStep, row.ProgressStep) };
        await tx.Connection!.ExecuteAsync(new CommandDefinition($"""
            update jobs set state = 'running', attempt = @attempt, owner = @owner, lease_until = {now} + @lease, heartbeat_at = {now},
                started_at = coalesce(started_at, {now}), claimed_step = @claimed, crashes_without_progress = @crashes
            where id = @id;
            insert into job_attempts (job_id, attempt, owner, started_at) values (@id, @attempt, @owner, {now});
            """, new { id = row.Id, attempt = claimed.Attempt, owner, lease = (long)options.Lease.TotalMilliseconds, claimed = claimed.ClaimedStep, crashes }, tx, cancellationToken: ct)).ConfigureAwait(false);
        await outbox.AddAsync(tx, new JobStarted(row.Id, row.Kind, claimed.Attempt, row.CycleId), $"job-started:{row.Id}:{claimed.Attempt}", null, ct).ConfigureAwait(false);
        return claimed;
    }

    private Task CloseCrashedAttemptAsync(DbTransaction tx, ClaimedJob row, CancellationToken ct) =>
        tx.Connection!.ExecuteAsync(new CommandDefinition(
            $"update job_attempts set ended_at = {database.Dialect.Now}, outcome = 'crashed', last_step = @step where job_id = @id and attempt = @attempt",
            new { id = row.Id, attempt = row.Attempt, step = row.ProgressStep }, tx, cancellationToken: ct));

    private async Task EndAsync(DbTransaction tx, ClaimedJob row, string state, string? code, string? text, CancellationToken ct)
    {
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            $"update jobs set state = @state, error_code = @code, error_text = @text, owner = null, finished_at = {database.Dialect.Now} where id = @id",
            new { id = row.Id, state, code, text }, tx, cancellationToken: ct)).ConfigureAwait(false);
        object message = code is null ? new JobCanceled(row.Id, row.Kind, row.CycleId) : new JobFailed(row.Id, row.Kind, row.CycleId, code);
        await outbox.AddAsync(tx, message, $"job-{state}:{row.Id}", null, ct).ConfigureAwait(false);
        database.AfterCommit(tx, () => wake.Raise(IWakeSignal.Cycles));
    }

    /// <summary>Workers of this host that died (a native abort, the out-of-memory killer) need not wait for their lease.</summary>
    private async Task ExpireDeadNeighboursAsync(CancellationToken ct)
    {
        var owners = await database.ReadAsync(async (db, token) => (await db.QueryAsync<string>(new CommandDefinition(
            "select distinct owner from jobs where state = 'running' and owner is not null", cancellationToken: token)).ConfigureAwait(false)).AsList(), ct).ConfigureAwait(false);
        foreach (var dead in owners.Where(Owner.IsDead))
        {
            await database.WriteAsync((tx, token) => tx.Connection!.ExecuteAsync(new CommandDefinition(
                "update jobs set lease_until = 0 where state = 'running' and owner = @dead", new { dead }, tx, cancellationToken: token)), ct).ConfigureAwait(false);
        }
    }
}
