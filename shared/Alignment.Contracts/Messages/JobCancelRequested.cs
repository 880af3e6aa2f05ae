namespace Alignment.Contracts.Messages;

/// <summary>Somebody asked a running job to stop.</summary>
[Contract("job-cancel-requested")]
public sealed record JobCancelRequested(string JobId, string Kind);
