namespace Alignment.Storage.Signals;

/// <summary>Wakes a poll early. A lost signal costs one poll interval and nothing else.</summary>
public interface IWakeSignal
{
    /// <summary>Topic of new or released job rows.</summary>
    const string Jobs = "jobs";

    /// <summary>Topic of new outbox rows.</summary>
    const string Outbox = "outbox";

    /// <summary>Topic of facts a cycle may wait for.</summary>
    const string Cycles = "cycles";

    void Raise(string topic);

    /// <summary>Returns when the topic was raised since the caller's last wait, or after <paramref name="atMost"/>.</summary>
    Task WaitAsync(string topic, TimeSpan atMost, CancellationToken ct);
}
