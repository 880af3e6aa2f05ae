namespace Alignment.Contracts.Messages;

/// <summary>A model became a registered checkpoint.</summary>
[Contract("checkpoint-registered")]
public sealed record CheckpointRegistered(string CheckpointId, string Digest, string ModelLine, string? ParentId, string? CycleId);
