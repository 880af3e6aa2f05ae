using System.Diagnostics;

namespace Alignment.ModelCore.Diagnostics;

/// <summary>
/// Speed and memory of a run: tokens per second over the last ten steps (real tokens, padding not counted), resident memory now and
/// at its peak, and the time left at the present pace.
/// </summary>
public sealed class RunMeters(TimeProvider clock)
{
    private const int Window = 10;
    private readonly Queue<(long Stamp, long Tokens)> recent = new([(clock.GetTimestamp(), 0)]);
    private long tokens;

    /// <summary>Call once a step.</summary>
    public void Add(long stepTokens)
    {
        tokens += stepTokens;
        recent.Enqueue((clock.GetTimestamp(), tokens));
        while (recent.Count > Window + 1)
        {
            recent.Dequeue();
        }
    }

    /// <summary>Adds <c>tokens_per_second</c>, <c>eta_seconds</c> and <c>rss_bytes</c>.</summary>
    public void WriteTo(IDictionary<string, double> values, int stepsLeft)
    {
        var (stamp, before) = recent.Peek();
        var seconds = clock.GetElapsedTime(stamp).TotalSeconds;
        values["tokens_per_second"] = seconds > 0 ? (tokens - before) / seconds : 0;
        values["eta_seconds"] = recent.Count > 1 ? seconds / (recent.Count - 1) * stepsLeft : 0;
        values["rss_bytes"] = Environment.WorkingSet;
    }

    /// <summary>Largest resident set of this process so far, in bytes.</summary>
    public static long PeakRss()
    {
        using var me = Process.GetCurrentProcess();
        return me.PeakWorkingSet64;
    }
}
