namespace Alignment.Checkpoints.Aliases;

/// <summary>One line of the append-only history of an alias: who served when, and why it changed.</summary>
internal sealed record AliasMove
{
    public required string Id { get; init; }

    public required string Alias { get; init; }

    public required long Version { get; init; }

    public string? FromCheckpointId { get; init; }

    public required string ToCheckpointId { get; init; }

    public required string Reason { get; init; }

    public string? EvaluationJobId { get; init; }

    public required long MovedAt { get; init; }
}
