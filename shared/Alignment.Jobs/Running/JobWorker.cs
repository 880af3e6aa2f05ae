using Alignment.Jobs.Leases;
using Alignment.Storage.Migrations;
using Alignment.Storage.Signals;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Alignment.Jobs.Running;

/// <summary>Claims the kinds of this process's runners, one job at a time, for as long as the host lives.</summary>
internal sealed class JobWorker(
    JobClaims claims, JobExecution execution, JobFolders folders, IEnumerable<IJobRunner> runners, IWakeSignal wake, Migrator migrator, JobWorkerOptions options, ILogger<JobWorker> log)
    : BackgroundService
{
    private readonly Dictionary<string, IJobRunner> byKind = runners.ToDictionary(runner => runner.Kind);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await migrator.RunAsync(stoppingToken).ConfigureAwait(false);
        await folders.SweepAsync(stoppingToken).ConfigureAwait(false);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StepAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                // The store is away: rows wait, and so does the worker.
                log.ClaimFailed(fault);
                await Task.Delay(options.Poll, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task StepAsync(CancellationToken ct)
    {
        if (byKind.Count > 0 && await claims.TryClaimAsync(byKind.Keys, Owner.Current, ct).ConfigureAwait(false) is { } job)
        {
            await execution.RunAsync(job, Owner.Current, byKind[job.Kind], ct).ConfigureAwait(false);
            return;
        }

        await wake.WaitAsync(IWakeSignal.Jobs, options.Poll, ct).ConfigureAwait(false);
    }
}
