using System.Diagnostics;
using System.Globalization;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>What a finished child cost.</summary>
/// <param name="CpuSeconds">Of all its threads, seen until a tenth of a second before its end.</param>
internal sealed record ChildCost(double Seconds, long PeakRssBytes, double CpuSeconds = double.NaN);

/// <summary>Runs a verb of this executable in a process of its own, so that its memory is its own.</summary>
internal static class ChildProcess
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <exception cref="InvalidOperationException">The child failed; the message holds the end of what it printed.</exception>
    public static ChildCost Run(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments.Prepend(typeof(ChildProcess).Assembly.Location))
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment["ALIGNMENT_ROOT"] = Repository.Root;
        var started = Stopwatch.GetTimestamp();
        using var child = Process.Start(info)!;
        var output = child.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var errors = child.StandardError.ReadToEndAsync(CancellationToken.None);
        long peak = 0;
        var cpu = 0.0;
        while (!child.WaitForExit(Look))
        {
            peak = Math.Max(peak, HighWater(child.Id));
            cpu = Math.Max(cpu, Cpu(child));
            if (cancellation.IsCancellationRequested)
            {
                child.Kill(entireProcessTree: true);
                cancellation.ThrowIfCancellationRequested();
            }
        }

        child.WaitForExit();
        // Ctrl-C goes to the child too, and may end it before anyone looks here.
        cancellation.ThrowIfCancellationRequested();
        return child.ExitCode == 0 ? new(Stopwatch.GetElapsedTime(started).TotalSeconds, peak, cpu)
            : throw new InvalidOperationException($"align {string.Join(' ', arguments)} ended with {child.ExitCode}: {(errors.Result.Trim() is { Length: > 0 } said ? said : output.Result.Trim())}");
    }

    private static double Cpu(Process child)
    {
        try
        {
            child.Refresh();
            return child.TotalProcessorTime.TotalSeconds;
        }
        catch (InvalidOperationException)
        {
            // It ended meanwhile.
            return 0;
        }
    }

    /// <summary>The kernel's own record of the largest resident set, in bytes.</summary>
    private static long HighWater(int process)
    {
        try
        {
            var line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile.
            return 0;
        }
    }
}
