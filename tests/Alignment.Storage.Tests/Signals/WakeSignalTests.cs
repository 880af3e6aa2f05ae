using Alignment.Storage.Signals;

namespace Alignment.Storage.Tests.Signals;

public sealed class WakeSignalTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Wait_RaisedBefore_ReturnsAtOnce()
    {
        var signal = new WakeSignal(TimeProvider.System);
        signal.Raise("x");
        await signal.WaitAsync("x", Long, ct).WaitAsync(TimeSpan.FromSeconds(10), ct);
    }

    [Fact]
    public async Task Raise_ThreeWaiters_AllWake()
    {
        var signal = new WakeSignal(TimeProvider.System);
        var waits = Enumerable.Range(0, 3).Select(_ => signal.WaitAsync("x", Long, ct)).ToList();
        signal.Raise("y");
        Assert.All(waits, wait => Assert.False(wait.IsCompleted));
        signal.Raise("x");
        await Task.WhenAll(waits).WaitAsync(TimeSpan.FromSeconds(10), ct);
    }
}
