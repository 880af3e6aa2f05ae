using Alignment.Contracts.Jobs;
using Alignment.Storage;
using Microsoft.Extensions.Logging;

namespace Alignment.Jobs.Running;

/// <summary>Folders of running jobs, and the removal of those whose job ended while nobody could clean up.</summary>
internal sealed class JobFolders(IJobReader jobs, JobWorkerOptions options, TimeProvider time, ILogger<JobFolders> log)
{
    /// <summary>What failed or was canceled may be looked at for a week.</summary>
    private static readonly TimeSpan Keep = TimeSpan.FromDays(7);

    private string Root => Path.GetFullPath(options.WorkFolder);

    public string Create(string jobId, long attempt) => Directory.CreateDirectory(Path.Combine(Root, jobId, attempt.ToString())).FullName;

    public void Remove(string jobId)
    {
        try
        {
            Directory.Delete(Path.Combine(Root, jobId), recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.SweepFailed(jobId, fault);
        }
    }

    /// <summary>Only rows say whether a folder is still of use.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        foreach (var folder in Directory.Exists(Root) ? Directory.GetDirectories(Root) : [])
        {
            var id = Path.GetFileName(folder);
            if (await jobs.GetAsync(id, ct).ConfigureAwait(false) is { } job && JobStates.IsFinal(job.State)
                && (job.State == JobStates.Succeeded || time.Now() - job.FinishedAt > Keep.TotalMilliseconds))
            {
                Remove(id);
            }
        }
    }
}
