namespace Alignment.Contracts.Messages;

/// <summary>A reward model became a registered checkpoint.</summary>
[Contract("reward-model-registered")]
public sealed record RewardModelRegistered(string CheckpointId, string Digest, string? CycleId);
