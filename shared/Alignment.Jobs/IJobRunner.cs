namespace Alignment.Jobs;

/// <summary>
/// Does the work of one kind. Runs on the worker's own thread (awaits return to it), so native tensors never change threads.
/// When <c>ct</c> fires the runner saves what it can and throws <see cref="OperationCanceledException"/>; the worker knows whether that means
/// canceled, released to another host, or fenced.
/// </summary>
public interface IJobRunner
{
    string Kind { get; }

    Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct);
}
