using System.Collections.Concurrent;

namespace Alignment.Storage.Signals;

/// <summary>Signals inside one process: everyone who waits on the topic wakes, and a signal just before a wait is not lost.</summary>
public sealed class WakeSignal(TimeProvider time) : IWakeSignal
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> topics = new();

    public void Raise(string topic)
    {
        topics.GetOrAdd(topic, _ => NewSource()).TrySetResult();
    }

    public async Task WaitAsync(string topic, TimeSpan atMost, CancellationToken ct)
    {
        var raised = topics.GetOrAdd(topic, _ => NewSource());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var timeout = Task.Delay(atMost, time, stop.Token);
        if (await Task.WhenAny(raised.Task, timeout).ConfigureAwait(false) == raised.Task)
        {
            topics.TryRemove(new(topic, raised));
            await stop.CancelAsync().ConfigureAwait(false);
        }

        ct.ThrowIfCancellationRequested();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
