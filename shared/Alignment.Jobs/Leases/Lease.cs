namespace Alignment.Jobs.Leases;

/// <summary>The fence of one attempt.</summary>
internal sealed record Lease(string Id, string Kind, string? CycleId, long Attempt, string Owner);

/// <summary>What a runner reported last.</summary>
internal sealed record ProgressNote(long Step, long Total, string? Message);
