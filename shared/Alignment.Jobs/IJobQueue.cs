using System.Data.Common;

namespace Alignment.Jobs;

/// <summary>Puts long work into the store and asks for it to stop.</summary>
public interface IJobQueue
{
    /// <summary>Inserts a job in the caller's transaction; the same idempotency key inserts nothing and returns the id of the first.</summary>
    Task<string> EnqueueAsync(DbTransaction transaction, JobRequest request, CancellationToken ct);

    /// <summary>A queued job ends at once; a running one is asked and ends when its runner has saved.</summary>
    /// <returns>False when the job does not exist or has ended already.</returns>
    Task<bool> CancelAsync(DbTransaction transaction, string jobId, CancellationToken ct);
}
