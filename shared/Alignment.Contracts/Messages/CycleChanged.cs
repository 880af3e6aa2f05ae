namespace Alignment.Contracts.Messages;

/// <summary>A cycle moved to another stage; consumers compare versions because order is not guaranteed.</summary>
[Contract("cycle-changed")]
public sealed record CycleChanged(string CycleId, string ModelLine, long Version, string FromStage, string ToStage);
