using System.Collections.Concurrent;

namespace Alignment.Jobs.Running;

/// <summary>
/// One thread that runs a job from start to end. Awaits of the runner return to it, so code between them (tensor scopes are per thread) never changes threads.
/// </summary>
internal sealed class JobThread : SynchronizationContext
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> work = [];

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!work.IsAddingCompleted)
        {
            work.Add((d, state));
        }
    }

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing may block on the job's thread.");

    /// <summary>Runs <paramref name="run"/> on a new thread; the returned task ends as it ends.</summary>
    public static Task<T> RunAsync<T>(string name, Func<Task<T>> run)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() => new JobThread().Loop(run, done)) { Name = name, IsBackground = true };
        thread.Start();
        return done.Task;
    }

    private void Loop<T>(Func<Task<T>> run, TaskCompletionSource<T> done)
    {
        SetSynchronizationContext(this);
        Task<T> task;
        try
        {
            task = run();
        }
        catch (Exception fault)
        {
            task = Task.FromException<T>(fault);
        }

        task.ContinueWith(_ => work.CompleteAdding(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        foreach (var (callback, state) in work.GetConsumingEnumerable())
        {
            callback(state);
        }

        done.SetFromTask(task);
    }
}
