namespace Alignment.Contracts.Messages;

/// <summary>An evaluation run ended; the report stands in the job's result.</summary>
[Contract("evaluation-completed")]
public sealed record EvaluationCompleted(string JobId, string? CycleId, string CheckpointId);
