namespace Alignment.Jobs.Leases;

/// <summary>A job row as it was when this process became its owner.</summary>
internal sealed record ClaimedJob
{
    public string Id { get; init; } = "";
    public string Kind { get; init; } = "";
    public string Spec { get; init; } = "{}";
    public string State { get; init; } = "";
    public long Attempt { get; init; }
    public string? ResumeRef { get; init; }
    public string? CycleId { get; init; }
    public long ProgressStep { get; init; }
    public long ClaimedStep { get; init; }
    public long CrashesWithoutProgress { get; init; }
    public long? CancelRequestedAt { get; init; }
}
