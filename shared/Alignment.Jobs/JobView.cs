namespace Alignment.Jobs;

/// <summary>A job as people and programs see it; times are epoch milliseconds UTC.</summary>
public sealed record JobView
{
    public string Id { get; init; } = "";
    public string Kind { get; init; } = "";
    public string State { get; init; } = "";
    public string Spec { get; init; } = "{}";
    public long Attempt { get; init; }
    public string? Owner { get; init; }
    public long ProgressStep { get; init; }
    public long ProgressTotal { get; init; }
    public string? ProgressMessage { get; init; }
    public string? ResumeRef { get; init; }
    public long Failures { get; init; }
    public long MaxFailures { get; init; }
    public long CrashesWithoutProgress { get; init; }
    public string? ErrorCode { get; init; }
    public string? ErrorText { get; init; }
    public string? Result { get; init; }
    public string? CycleId { get; init; }
    public long DueAt { get; init; }
    public long CreatedAt { get; init; }
    public long? StartedAt { get; init; }
    public long? FinishedAt { get; init; }
    public long? HeartbeatAt { get; init; }
    public long? CancelRequestedAt { get; init; }
}

/// <summary>One try of a job; <c>Outcome</c> is succeeded, failed, retry, canceled, released, crashed, or null while it runs.</summary>
public sealed record JobAttemptView
{
    public long Attempt { get; init; }
    public string Owner { get; init; } = "";
    public long StartedAt { get; init; }
    public long? EndedAt { get; init; }
    public string? Outcome { get; init; }
    public long? LastStep { get; init; }
    public string? ErrorText { get; init; }
}
