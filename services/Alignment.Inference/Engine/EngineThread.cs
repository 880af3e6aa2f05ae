using System.Collections.Concurrent;

namespace Alignment.Inference.Engine;

/// <summary>The one thread that touches tensors: dispose scopes and inference mode belong to a thread.</summary>
internal sealed class EngineThread : IDisposable
{
    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;

    public EngineThread()
    {
        thread = new(Loop) { IsBackground = true, Name = "inference" };
        thread.Start();
    }

    /// <summary>Queues the work; the task ends when it has run.</summary>
    public Task RunAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        });
        return done.Task;
    }

    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join(TimeSpan.FromSeconds(5));
    }

    private void Loop()
    {
        foreach (var action in work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
