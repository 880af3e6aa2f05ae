namespace Alignment.Contracts.Messages;

/// <summary>A job failed for good; code and text stand in the job row.</summary>
[Contract("job-failed", NeedsSubscriber = true)]
public sealed record JobFailed(string JobId, string Kind, string? CycleId, string ErrorCode);
