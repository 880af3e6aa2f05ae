using System.Globalization;

namespace Alignment.Suite.Demo.Running;

/// <summary>Highest resident memory of this process and its descendants together, looked at five times a second.</summary>
internal sealed class MemoryWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;
    private long peak;

    public MemoryWatch() => loop = Task.Run(LoopAsync);

    /// <summary>Bytes.</summary>
    public long Peak => Interlocked.Read(ref peak);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                Interlocked.Exchange(ref peak, Math.Max(Peak, Now()));
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    private static long Now()
    {
        var processes = Directory.GetDirectories("/proc").Select(d => Path.GetFileName(d)).Where(n => n.All(char.IsAsciiDigit))
            .Select(n => (Id: int.Parse(n, CultureInfo.InvariantCulture), Status: Read($"/proc/{n}/status"))).Where(p => p.Status.Length > 0)
            .Select(p => (p.Id, Parent: (int)Field(p.Status, "PPid:"), Rss: Field(p.Status, "VmRSS:") * 1024)).ToLookup(p => p.Parent);
        long Tree(int id) => processes[id].Sum(p => p.Rss + Tree(p.Id));
        return (Field(Read("/proc/self/status"), "VmRSS:") * 1024) + Tree(Environment.ProcessId);
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static long Field(string status, string name)
    {
        var start = status.IndexOf(name, StringComparison.Ordinal);
        return start < 0 ? 0 : long.Parse(status.AsSpan(start + name.Length).TrimStart().ToString().Split([' ', '\n', '\t'])[0], CultureInfo.InvariantCulture);
    }
}
