namespace Alignment.Contracts.Messages;

/// <summary>An alias moved to a checkpoint; servers reload.</summary>
[Contract("checkpoint-promoted")]
public sealed record CheckpointPromoted(string ModelLine, string Alias, string CheckpointId, string Digest, string? PreviousId, long Version);
