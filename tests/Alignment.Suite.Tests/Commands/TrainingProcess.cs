using System.Diagnostics;
using System.Globalization;
using System.Text;
using Alignment.Suite.Commands.Training;

namespace Alignment.Suite.Tests.Commands;

/// <summary><c>align</c> as a process of its own, on one thread.</summary>
internal sealed class TrainingProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly StringBuilder said = new();
    private readonly Process process;

    private TrainingProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Both streams so far.</summary>
    public string Said
    {
        get
        {
            lock (said)
            {
                return said.ToString();
            }
        }
    }

    // A shell's background job ignores Ctrl-C, and so would its children.
    public static TrainingProcess Start(params IReadOnlyList<string> words)
    {
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", typeof(JobFile).Assembly.Location, .. words]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0";
        return new(Process.Start(start)!);
    }

    /// <summary>Waits for the end and gives the exit code.</summary>
    public async Task<int> EndAsync(CancellationToken ct)
    {
        await process.WaitForExitAsync(ct).WaitAsync(Patience, ct);
        return process.ExitCode;
    }

    /// <summary>SIGKILL as soon as the condition holds; false where the process ended by itself before.</summary>
    public async Task<bool> KillWhenAsync(Func<bool> condition, CancellationToken ct)
    {
        SpinWait.SpinUntil(() => process.HasExited || condition(), Patience);
        process.Kill();
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 128 + 9;
    }

    /// <summary>Sends a signal that can be heeded as soon as the condition holds.</summary>
    /// <param name="signal">INT, TERM.</param>
    public async Task SignalWhenAsync(string signal, Func<bool> condition, CancellationToken ct)
    {
        SpinWait.SpinUntil(() => process.HasExited || condition(), Patience);
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(ct);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private void Add(string? line)
    {
        lock (said)
        {
            said.AppendLine(line);
        }
    }
}
