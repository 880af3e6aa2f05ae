using System.Data.Common;
using Alignment.Contracts.Jobs;
using Alignment.Contracts.Messages;
using Alignment.Jobs.Running;
using Alignment.Storage;
using Alignment.Storage.Outbox;
using Alignment.Storage.Signals;
using Dapper;

namespace Alignment.Jobs.Leases;

/// <summary>Every write of a running attempt. Each carries the fence; a write that matches no row means another attempt owns the job.</summary>
internal sealed class LeaseStore(IDatabase database, IEventOutbox outbox, IWakeSignal wake, JobWorkerOptions options)
{
    private const string Fence = "id = @id and attempt = @attempt and owner = @owner and state = 'running'";

    private string Now => database.Dialect.Now;

    /// <summary>Extends the lease and writes progress.</summary>
    /// <returns>Whether the lease is still held and whether somebody asked the job to stop.</returns>
    public Task<(bool Held, bool CancelRequested)> BeatAsync(Lease lease, ProgressNote progress, CancellationToken ct) => database.WriteAsync(async (tx, token) =>
    {
        var held = await UpdateAsync(tx, lease, $"lease_until = {Now} + @duration, heartbeat_at = {Now}, progress_step = @step, progress_total = @total, progress_message = @message",
            new { duration = (long)options.Lease.TotalMilliseconds, step = progress.Step, total = progress.Total, message = progress.Message }, token).ConfigureAwait(false);
        return (held, held && await CancelRequestedAsync(tx.Connection!, tx, lease, token).ConfigureAwait(false));
    }, ct);

    /// <summary>A look between two beats; takes no write lock.</summary>
    public Task<(bool Held, bool CancelRequested)> LookAsync(Lease lease, CancellationToken ct) => database.ReadAsync(async (db, token) =>
    {
        var held = await db.ExecuteScalarAsync<long?>(Command($"select 1 from jobs where {Fence}", lease, null, null, token)).ConfigureAwait(false) is not null;
        return (held, held && await CancelRequestedAsync(db, null, lease, token).ConfigureAwait(false));
    }, ct);

    public Task SaveResumeAsync(Lease lease, string resumeRef, ProgressNote progress, CancellationToken ct) => FencedAsync(lease,
        "resume_ref = @resume, progress_step = @step, progress_total = @total, progress_message = @message",
        new { resume = resumeRef, step = progress.Step, total = progress.Total, message = progress.Message },
        (_, _) => Task.CompletedTask, ct);

    /// <summary>Result, effects, events and the end of the attempt: all or nothing.</summary>
    public Task CompleteAsync(Lease lease, JobOutcome outcome, ProgressNote progress, CancellationToken ct) => FencedAsync(lease,
        $"state = 'succeeded', result = @result, finished_at = {Now}, lease_until = null, error_code = null, error_text = null, progress_step = @step, progress_total = @total, progress_message = @message",
        new { result = outcome.ResultJson, step = progress.Step, total = progress.Total, message = progress.Message },
        async (tx, token) =>
        {
            if (outcome.Effects is { } effects)
            {
                await effects(tx, token).ConfigureAwait(false);
            }

            for (var i = 0; i < outcome.Events.Count; i++)
            {
                await outbox.AddAsync(tx, outcome.Events[i], $"job-event:{lease.Id}:{i}", null, token).ConfigureAwait(false);
            }

            await outbox.AddAsync(tx, new JobCompleted(lease.Id, lease.Kind, lease.CycleId), $"job-completed:{lease.Id}", null, token).ConfigureAwait(false);
            await CloseAttemptAsync(tx, lease, JobStates.Succeeded, null, token).ConfigureAwait(false);
        }, ct);

    public Task FailAsync(Lease lease, JobFailure failure, CancellationToken ct) => FencedAsync(lease,
        $"state = 'failed', failures = failures + 1, error_code = @code, error_text = @text, finished_at = {Now}, lease_until = null, owner = null",
        new { code = failure.Code, text = failure.Text },
        async (tx, token) =>
        {
            await outbox.AddAsync(tx, new JobFailed(lease.Id, lease.Kind, lease.CycleId, failure.Code), $"job-failed:{lease.Id}", null, token).ConfigureAwait(false);
            await CloseAttemptAsync(tx, lease, JobStates.Failed, failure.Text, token).ConfigureAwait(false);
        }, ct);

    /// <summary>A transient failure: the job waits and is tried again.</summary>
    public Task RetryAsync(Lease lease, JobFailure failure, TimeSpan wait, CancellationToken ct) => FencedAsync(lease,
        $"state = 'queued', failures = failures + 1, error_code = @code, error_text = @text, due_at = {Now} + @wait, lease_until = null, owner = null",
        new { code = failure.Code, text = failure.Text, wait = (long)wait.TotalMilliseconds },
        async (tx, token) =>
        {
            await outbox.AddAsync(tx, new JobAvailable(lease.Id, lease.Kind), $"job-available:{lease.Id}:{lease.Attempt}", wait, token).ConfigureAwait(false);
            await CloseAttemptAsync(tx, lease, "retry", failure.Text, token).ConfigureAwait(false);
        }, ct);

    /// <summary>This host shuts down: the job goes back at once and costs nobody a failure.</summary>
    public Task ReleaseAsync(Lease lease, CancellationToken ct) => FencedAsync(lease,
        $"state = 'queued', due_at = {Now}, lease_until = null, owner = null", null,
        async (tx, token) =>
        {
            await outbox.AddAsync(tx, new JobAvailable(lease.Id, lease.Kind), $"job-available:{lease.Id}:{lease.Attempt}", null, token).ConfigureAwait(false);
            await CloseAttemptAsync(tx, lease, "released", null, token).ConfigureAwait(false);
        }, ct);

    public Task CancelAsync(Lease lease, CancellationToken ct) => FencedAsync(lease,
        $"state = 'canceled', finished_at = {Now}, lease_until = null, owner = null", null,
        async (tx, token) =>
        {
            await outbox.AddAsync(tx, new JobCanceled(lease.Id, lease.Kind, lease.CycleId), $"job-canceled:{lease.Id}", null, token).ConfigureAwait(false);
            await CloseAttemptAsync(tx, lease, JobStates.Canceled, null, token).ConfigureAwait(false);
        }, ct);

    private Task FencedAsync(Lease lease, string set, object? values, Func<DbTransaction, CancellationToken, Task> rest, CancellationToken ct) => database.WriteAsync(async (tx, token) =>
    {
        if (!await UpdateAsync(tx, lease, set, values, token).ConfigureAwait(false))
        {
            throw new JobFencedException(lease.Id, lease.Attempt);
        }

        await rest(tx, token).ConfigureAwait(false);
        database.AfterCommit(tx, () =>
        {
            wake.Raise(IWakeSignal.Jobs);
            wake.Raise(IWakeSignal.Cycles);
        });
    }, ct);

    private static async Task<bool> UpdateAsync(DbTransaction tx, Lease lease, string set, object? values, CancellationToken ct) =>
        await tx.Connection!.ExecuteAsync(Command($"update jobs set {set} where {Fence}", lease, values, tx, ct)).ConfigureAwait(false) == 1;

    private static async Task<bool> CancelRequestedAsync(DbConnection db, DbTransaction? tx, Lease lease, CancellationToken ct) =>
        await db.ExecuteScalarAsync<long?>(Command($"select cancel_requested_at from jobs where {Fence}", lease, null, tx, ct)).ConfigureAwait(false) is not null;

    private Task CloseAttemptAsync(DbTransaction tx, Lease lease, string outcome, string? error, CancellationToken ct) =>
        tx.Connection!.ExecuteAsync(Command($"""
            update job_attempts set ended_at = {Now}, outcome = @outcome, error_text = @error,
                last_step = (select progress_step from jobs where id = @id)
            where job_id = @id and attempt = @attempt and @owner = owner
            """, lease, new { outcome, error }, tx, ct));

    private static CommandDefinition Command(string sql, Lease lease, object? values, DbTransaction? tx, CancellationToken ct)
    {
        var parameters = new DynamicParameters(values);
        parameters.Add("id", lease.Id);
        parameters.Add("attempt", lease.Attempt);
        parameters.Add("owner", lease.Owner);
        return new(sql, parameters, tx, cancellationToken: ct);
    }
}
