namespace Alignment.Contracts.Messages;

/// <summary>A job succeeded; its result stands in the job row.</summary>
[Contract("job-completed", NeedsSubscriber = true)]
public sealed record JobCompleted(string JobId, string Kind, string? CycleId);
