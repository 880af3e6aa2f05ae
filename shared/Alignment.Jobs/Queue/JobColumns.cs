namespace Alignment.Jobs.Queue;

/// <summary>The columns of a <see cref="JobView"/>, named as Dapper expects them.</summary>
internal static class JobColumns
{
    public const string Select = """
        id, kind, state, spec, attempt, owner, progress_step as ProgressStep, progress_total as ProgressTotal,
        progress_message as ProgressMessage, resume_ref as ResumeRef, failures, max_failures as MaxFailures, crashes_without_progress as CrashesWithoutProgress,
        error_code as ErrorCode, error_text as ErrorText, result, cycle_id as CycleId, due_at as DueAt, created_at as CreatedAt,
        started_at as StartedAt, finished_at as FinishedAt, heartbeat_at as HeartbeatAt, cancel_requested_at as CancelRequestedAt
        """;
}
