namespace Alignment.Contracts.Messages;

/// <summary>A worker claimed a job.</summary>
[Contract("job-started")]
public sealed record JobStarted(string JobId, string Kind, long Attempt, string? CycleId);
