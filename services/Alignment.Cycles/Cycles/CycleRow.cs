namespace Alignment.Cycles.Cycles;

/// <summary>A cycle as it stands; times are epoch milliseconds UTC.</summary>
internal sealed record CycleRow
{
    public required string Id { get; init; }
    public required string ModelLine { get; init; }
    public required string Stage { get; init; }
    public required long Version { get; init; }

    /// <summary>Who or what started it: <c>hand</c>, <c>schedule:{id}</c>, ….</summary>
    public required string Cause { get; init; }
    public required string Config { get; init; }

    /// <summary>Why it ended, when it did not complete.</summary>
    public string? Reason { get; init; }
    public required long CreatedAt { get; init; }
    public required long UpdatedAt { get; init; }

    public const string Columns = "id, model_line as ModelLine, stage, version, cause, config, reason, created_at as CreatedAt, updated_at as UpdatedAt";
}

/// <summary>One move of a cycle.</summary>
internal sealed record CycleEvent
{
    public required long Version { get; init; }
    public required string FromStage { get; init; }
    public required string ToStage { get; init; }
    public required string Cause { get; init; }
    public required long At { get; init; }
}
