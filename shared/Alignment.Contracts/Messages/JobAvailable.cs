namespace Alignment.Contracts.Messages;

/// <summary>A job row can be claimed; wakes workers early.</summary>
[Contract("job-available")]
public sealed record JobAvailable(string JobId, string Kind);
