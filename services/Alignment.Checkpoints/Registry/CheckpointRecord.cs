namespace Alignment.Checkpoints.Registry;

/// <summary>An immutable version of a model: what it is, where it came from, what was measured.</summary>
internal sealed record CheckpointRecord
{
    public required string Id { get; init; }

    /// <summary><c>sha256:…</c> of the artifact's manifest; the address of its files.</summary>
    public required string Digest { get; init; }

    /// <summary><c>policy</c> or <c>reward</c>.</summary>
    public required string Kind { get; init; }

    public required string Name { get; init; }

    public string? ParentDigest { get; init; }

    public string? JobId { get; init; }

    public string? CycleId { get; init; }

    /// <summary>The frozen judgements it learned from.</summary>
    public string? SnapshotDigest { get; init; }

    /// <summary>JSON object of the numbers its job reported.</summary>
    public string Metrics { get; init; } = "{}";

    public long CreatedAt { get; init; }
}
