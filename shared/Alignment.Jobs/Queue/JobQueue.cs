using System.Data.Common;
using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Alignment.Storage;
using Alignment.Storage.Outbox;
using Alignment.Storage.Signals;
using Dapper;

namespace Alignment.Jobs.Queue;

internal sealed class JobQueue(IDatabase database, IEventOutbox outbox, IWakeSignal wake, TimeProvider time) : IJobQueue
{
    public async Task<string> EnqueueAsync(DbTransaction transaction, JobRequest request, CancellationToken ct)
    {
        var now = database.Dialect.Now;
        var id = Ids.New(time);
        var inserted = await transaction.Connection!.ExecuteAsync(new CommandDefinition($"""
            insert into jobs (id, kind, spec, idem_key, state, priority, due_at, max_failures, cycle_id, created_at)
            values (@id, @kind, @spec, @key, 'queued', @priority, {now}, @failures, @cycle, {now})
            on conflict (idem_key) do nothing
            """,
            new { id, kind = request.Kind, spec = request.SpecJson, key = request.IdempotencyKey, priority = request.Priority, failures = request.MaxFailures, cycle = request.CycleId },
            transaction, cancellationToken: ct)).ConfigureAwait(false);
        if (inserted == 0)
        {
            return (await transaction.Connection!.ExecuteScalarAsync<string>(new CommandDefinition(
                "select id from jobs where idem_key = @key", new { key = request.IdempotencyKey }, transaction, cancellationToken: ct)).ConfigureAwait(false))!;
        }

        await outbox.AddAsync(transaction, new JobAvailable(id, request.Kind), $"job-available:{id}:0", null, ct).ConfigureAwait(false);
        database.AfterCommit(transaction, () => wake.Raise(IWakeSignal.Jobs));
        return id;
    }

    public async Task<bool> CancelAsync(DbTransaction transaction, string jobId, CancellationToken ct)
    {
        var now = database.Dialect.Now;
        var job = await transaction.Connection!.QuerySingleOrDefaultAsync<JobView>(new CommandDefinition(
            $"select {JobColumns.Select} from jobs where id = @id {database.Dialect.ForUpdate}", new { id = jobId }, transaction, cancellationToken: ct)).ConfigureAwait(false);
        if (job is null || JobStates.IsFinal(job.State))
        {
            return false;
        }

        if (job.State == JobStates.Queued)
        {
            await transaction.Connection!.ExecuteAsync(new CommandDefinition(
                $"update jobs set state = 'canceled', cancel_requested_at = {now}, finished_at = {now} where id = @id", new { id = jobId }, transaction, cancellationToken: ct)).ConfigureAwait(false);
            await outbox.AddAsync(transaction, new JobCanceled(jobId, job.Kind, job.CycleId), $"job-canceled:{jobId}", null, ct).ConfigureAwait(false);
            database.AfterCommit(transaction, () => wake.Raise(IWakeSignal.Cycles));
            return true;
        }

        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            $"update jobs set cancel_requested_at = coalesce(cancel_requested_at, {now}) where id = @id", new { id = jobId }, transaction, cancellationToken: ct)).ConfigureAwait(false);
        await outbox.AddAsync(transaction, new JobCancelRequested(jobId, job.Kind), $"job-cancel-requested:{jobId}", null, ct).ConfigureAwait(false);
        return true;
    }
}
