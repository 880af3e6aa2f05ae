namespace Alignment.Jobs;

/// <summary>A job to be done.</summary>
/// <param name="Kind">One of <see cref="Contracts.Jobs.JobKinds"/>.</param>
/// <param name="SpecJson">What the kind's runner reads: ids, digests, options; never prompts.</param>
/// <param name="IdempotencyKey">Two requests with the same key are one job.</param>
public sealed record JobRequest(string Kind, string SpecJson, string IdempotencyKey, string? CycleId = null)
{
    /// <summary>Higher first; 0 is ordinary.</summary>
    public long Priority { get; init; }

    /// <summary>Transient failures that are tried again before the job fails for good.</summary>
    public long MaxFailures { get; init; } = 5;
}
