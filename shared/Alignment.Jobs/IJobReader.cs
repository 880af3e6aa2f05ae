using System.Data.Common;

namespace Alignment.Jobs;

/// <summary>Reads jobs.</summary>
public interface IJobReader
{
    Task<JobView?> GetAsync(string jobId, CancellationToken ct);

    /// <summary>Newest first; every filter may be null.</summary>
    /// <param name="before">Keyset: only jobs with a smaller id (older) than this.</param>
    /// <param name="limit">1 to 500.</param>
    Task<IReadOnlyList<JobView>> ListAsync(string? kind, string? state, string? cycleId, string? before, int limit, CancellationToken ct);

    Task<IReadOnlyList<JobAttemptView>> AttemptsAsync(string jobId, CancellationToken ct);

    /// <summary>The job of an idempotency key as the transaction sees it.</summary>
    Task<JobView?> FindAsync(DbTransaction transaction, string idempotencyKey, CancellationToken ct);
}
