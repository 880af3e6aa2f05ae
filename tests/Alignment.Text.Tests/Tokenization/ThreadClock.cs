using System.Diagnostics;
using System.Globalization;

namespace Alignment.Text.Tests.Tokenization;

/// <summary>Processor time of this thread where the system tells it (Linux), else wall time: other work on the machine does not count.</summary>
internal readonly struct ThreadClock
{
    private const string Source = "/proc/thread-self/schedstat";

    private readonly long began;

    private ThreadClock(long began) => this.began = began;

    public TimeSpan Elapsed => TimeSpan.FromMicroseconds((Now() - began) / 1000.0);

    public static ThreadClock Start() => new(Now());

    private static long Now() => File.Exists(Source) ? long.Parse(File.ReadAllText(Source).Split(' ')[0], CultureInfo.InvariantCulture)
        : (long)(Stopwatch.GetTimestamp() * 1e9 / Stopwatch.Frequency);
}
