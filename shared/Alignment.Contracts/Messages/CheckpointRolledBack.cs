namespace Alignment.Contracts.Messages;

/// <summary>An alias moved back to an earlier checkpoint; servers reload.</summary>
[Contract("checkpoint-rolled-back")]
public sealed record CheckpointRolledBack(string ModelLine, string Alias, string CheckpointId, string Digest, string? PreviousId, long Version);
