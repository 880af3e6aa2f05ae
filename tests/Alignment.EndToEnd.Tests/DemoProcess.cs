using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Alignment.EndToEnd.Tests;

/// <summary>The demo as a user starts it, in a process of its own, with settings small enough for a test.</summary>
internal sealed partial class DemoProcess : IDisposable
{
    private readonly Process process;
    private readonly BlockingCollection<string> lines = [];
    private readonly ConcurrentQueue<string> all = [];

    private DemoProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where the suite answers; known once the demo has said so.</summary>
    public Uri? Address { get; private set; }

    public string Output => string.Join('\n', all);

    public static DemoProcess Start(string data, params string[] more)
    {
        var root = Root();
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])[Path.Combine(root, "artifacts", "bin", "Alignment.Suite", "release", "Alignment.Suite.dll"), "demo", "--data", data, "--settings", Path.Combine(root, "tests", "Alignment.EndToEnd.Tests", "quick.json"), .. more])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["ALIGNMENT_ROOT"] = root;
        return new(Process.Start(start)!);
    }

    /// <summary>Waits until the demo prints that a stage is done; false when it ended first.</summary>
    public bool WaitForStage(string done, TimeSpan atMost)
    {
        using var limit = new CancellationTokenSource(atMost);
        while (!limit.IsCancellationRequested)
        {
            if (lines.TryTake(out var line, 200, CancellationToken.None))
            {
                if (line.Contains($"✓ {done} ", StringComparison.Ordinal))
                {
                    return true;
                }
            }
            else if (process.HasExited)
            {
                return false;
            }
        }

        throw new TimeoutException($"{done} was not reached in {atMost}:\n{Output}");
    }

    /// <summary>Ends the demo and everything it started with SIGKILL, as a power cut would.</summary>
    public void KillAll()
    {
        process.Kill(entireProcessTree: true);
        process.WaitForExit(TimeSpan.FromSeconds(30));
    }

    public int WaitForEnd(TimeSpan atMost)
    {
        if (!process.WaitForExit(atMost))
        {
            KillAll();
            throw new TimeoutException($"The demo did not end in {atMost}:\n{Output}");
        }

        // The overload with a limit does not wait for the end of the output, which a daemon that the demo started (epmd) may hold open.
        return process.ExitCode;
    }

    public static JsonElement Report(string data) => JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(data, "report.json")));

    public void Dispose()
    {
        if (!process.HasExited)
        {
            KillAll();
        }

        process.Dispose();
        lines.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        all.Enqueue(line);
        if (AddressPattern().Match(line) is { Success: true } m)
        {
            Address = new(m.Groups[1].Value);
        }

        if (!lines.IsAddingCompleted)
        {
            lines.Add(line);
        }
    }

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex(@"The suite is at (http://\S+);")]
    private static partial Regex AddressPattern();
}
