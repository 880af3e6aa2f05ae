namespace Alignment.Jobs;

/// <summary>What a runner knows of its job and may tell about it.</summary>
/// <param name="attempt">Fencing token, from 1.</param>
/// <param name="specJson">The specification that the job was enqueued with.</param>
/// <param name="workFolder">Existing folder of this attempt alone, so that a zombie cannot touch its successor's files.</param>
/// <param name="resumeRef">What an earlier attempt saved last (a path or an artifact digest), or null.</param>
public sealed class JobContext(string jobId, long attempt, string specJson, string workFolder, string? resumeRef, string? cycleId, IJobProgress progress)
{
    public string JobId { get; } = jobId;

    public long Attempt { get; } = attempt;

    public string SpecJson { get; } = specJson;

    public string WorkFolder { get; } = workFolder;

    public string? ResumeRef { get; } = resumeRef;

    public string? CycleId { get; } = cycleId;

    /// <summary>Notes progress; cheap, written to the row at most once a second.</summary>
    public void Report(long step, long total, string? message = null) => progress.Report(step, total, message);

    /// <summary>Remembers where to resume. Call it after the files it names are durable.</summary>
    /// <exception cref="JobFencedException">Another attempt owns the job now: stop at once.</exception>
    public Task SaveResumeAsync(string resumeRef, CancellationToken ct = default) => progress.SaveResumeAsync(resumeRef, ct);
}

/// <summary>Receiver of a runner's progress; the worker's writes rows, a command line's may draw a bar.</summary>
public interface IJobProgress
{
    void Report(long step, long total, string? message);

    Task SaveResumeAsync(string resumeRef, CancellationToken ct);
}
