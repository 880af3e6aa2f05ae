namespace Alignment.Contracts.Messages;

/// <summary>A gate passed or refused a candidate.</summary>
[Contract("gate-decided")]
public sealed record GateDecided(string CycleId, string Gate, string Decision);
