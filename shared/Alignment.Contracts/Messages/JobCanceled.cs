namespace Alignment.Contracts.Messages;

/// <summary>A job was canceled.</summary>
[Contract("job-canceled", NeedsSubscriber = true)]
public sealed record JobCanceled(string JobId, string Kind, string? CycleId);
