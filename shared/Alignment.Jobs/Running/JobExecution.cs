using Alignment.Jobs.Leases;
using Microsoft.Extensions.Logging;

namespace Alignment.Jobs.Running;

/// <summary>Runs one claimed job and writes how it ended.</summary>
internal sealed class JobExecution(LeaseStore leases, IJobReader reader, JobFolders folders, JobWorkerOptions options, TimeProvider time, ILogger<JobExecution> log)
{
    public async Task RunAsync(ClaimedJob job, string owner, IJobRunner runner, CancellationToken hostStopping)
    {
        var lease = new Lease(job.Id, job.Kind, job.CycleId, job.Attempt, owner);
        log.JobStarted(job.Kind, job.Id, job.Attempt);
        using var heartbeat = new Heartbeat(lease, new(job.ProgressStep, 0, null), leases, options, time, log, hostStopping);
        try
        {
            var context = new JobContext(job.Id, job.Attempt, job.Spec, folders.Create(job.Id, job.Attempt), job.ResumeRef, job.CycleId, heartbeat);
            var outcome = await JobThread.RunAsync($"job {job.Id}", () => runner.RunAsync(context, heartbeat.Stop)).ConfigureAwait(false);
            await leases.CompleteAsync(lease, outcome, heartbeat.Note, CancellationToken.None).ConfigureAwait(false);
            log.JobSucceeded(job.Kind, job.Id, job.Attempt);

            // The result lives in the artifact store; what the attempts left on the way is of no more use.
            folders.Remove(job.Id);
        }
        catch (Exception fault)
        {
            await EndAsync(lease, heartbeat, fault, hostStopping).ConfigureAwait(false);
        }
    }

    private async Task EndAsync(Lease lease, Heartbeat heartbeat, Exception fault, CancellationToken hostStopping)
    {
        try
        {
            if (fault is JobFencedException || heartbeat.Fenced)
            {
                log.JobFenced(lease.Kind, lease.Id, lease.Attempt);
            }
            else if (fault is OperationCanceledException && heartbeat.CancelRequested)
            {
                await leases.CancelAsync(lease, CancellationToken.None).ConfigureAwait(false);
                log.JobCanceled(lease.Kind, lease.Id);
            }
            else if (fault is OperationCanceledException && hostStopping.IsCancellationRequested)
            {
                await leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
                log.JobReleased(lease.Kind, lease.Id);
            }
            else
            {
                await FailAsync(lease, JobFailure.Of(fault), fault).ConfigureAwait(false);
            }
        }
        catch (JobFencedException)
        {
            log.JobFenced(lease.Kind, lease.Id, lease.Attempt);
        }
    }

    private async Task FailAsync(Lease lease, JobFailure failure, Exception fault)
    {
        var job = await reader.GetAsync(lease.Id, CancellationToken.None).ConfigureAwait(false);
        if (failure.Transient && job is not null && job.Failures + 1 < job.MaxFailures)
        {
            var wait = JobFailure.Wait(job.Failures);
            await leases.RetryAsync(lease, failure, wait, CancellationToken.None).ConfigureAwait(false);
            log.JobRetries(lease.Kind, lease.Id, wait, failure.Text, fault);
            return;
        }

        await leases.FailAsync(lease, failure, CancellationToken.None).ConfigureAwait(false);
        log.JobFailed(lease.Kind, lease.Id, failure.Code, failure.Text, fault);
    }
}
