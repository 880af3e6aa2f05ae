using System.Diagnostics;

namespace Alignment.Suite.Worker;

/// <summary>
/// Keeps one child process alive: starts it again with a growing pause when it ends by itself, and asks it to leave by closing its
/// standard input when the host stops.
/// </summary>
internal sealed partial class SupervisedProcess(string name, Func<ProcessStartInfo> start, WorkerStatus status, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(1), Shortest = TimeSpan.FromMilliseconds(250), Longest = TimeSpan.FromSeconds(30), Grace = TimeSpan.FromSeconds(45);

    public WorkerStatus Status => status;

    public async Task RunAsync(CancellationToken stop)
    {
        var pause = Shortest;
        while (!stop.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var reason = await RunOnceAsync(stop);
            if (stop.IsCancellationRequested)
            {
                break;
            }

            status.Ended(reason);
            Ended(logger, name, reason, pause.TotalSeconds);
            await Task.Delay(pause, time, stop).ContinueWith(_ => { }, CancellationToken.None);
            pause = time.GetElapsedTime(started) > Calm ? Shortest : pause * 2 < Longest ? pause * 2 : Longest;
        }

        status.Stopped();
    }

    private async Task<string> RunOnceAsync(CancellationToken stop)
    {
        var info = start();
        info.RedirectStandardInput = true;
        using var process = Process.Start(info)!;
        status.Started(process.Id, time.GetUtcNow());
        try
        {
            await process.WaitForExitAsync(stop);
            return process.ExitCode > 128 ? $"signal {process.ExitCode - 128}" : $"exit code {process.ExitCode}";
        }
        catch (OperationCanceledException)
        {
            process.StandardInput.Close();
            using var grace = new CancellationTokenSource(Grace);
            await process.WaitForExitAsync(grace.Token).ContinueWith(_ => { }, CancellationToken.None);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }

            return "asked to stop";
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The {Name} ended ({Reason}); starting it again in {Seconds} s. Its job goes on from its last saved step.")]
    private static partial void Ended(ILogger logger, string name, string reason, double seconds);
}
