using System.Diagnostics;
using Alignment.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Alignment.Suite.Worker;

/// <summary>
/// Keeps one worker process alive: the same executable, hosting the five services that load torch. A native abort or the
/// out-of-memory killer ends the worker, never the form; it is started again with a growing pause.
/// </summary>
internal sealed partial class WorkerSupervisor(WorkerStatus status, WorkerAddress address, IOptions<AlignmentOptions> options, IConfiguration configuration, TimeProvider time, ILogger<WorkerSupervisor> logger) : BackgroundService
{
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromMilliseconds(250);
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var reason = await RunOnceAsync(stoppingToken);
            if (stoppingToken.IsCancellationRequested)
            {
                break;
            }

            status.Ended(reason);
            Ended(logger, reason, pause.TotalSeconds);
            pause = time.GetElapsedTime(started) > Calm ? TimeSpan.FromMilliseconds(250) : pause * 2 < TimeSpan.FromSeconds(30) ? pause * 2 : TimeSpan.FromSeconds(30);
            await Task.Delay(pause, time, stoppingToken).ContinueWith(_ => { }, CancellationToken.None);
        }

        status.Stopped();
    }

    private async Task<string> RunOnceAsync(CancellationToken stoppingToken)
    {
        File.Delete(address.Socket);
        using var process = Process.Start(StartInfo())!;
        status.Started(process.Id, time.GetUtcNow());
        try
        {
            await process.WaitForExitAsync(stoppingToken);
            return process.ExitCode > 128 ? $"signal {process.ExitCode - 128}" : $"exit code {process.ExitCode}";
        }
        catch (OperationCanceledException)
        {
            // The closed pipe asks the worker to save its jobs and leave; it gets the host's shutdown time to do so.
            process.StandardInput.Close();
            using var grace = new CancellationTokenSource(TimeSpan.FromSeconds(45));
            try
            {
                await process.WaitForExitAsync(grace.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }

            return "asked to stop";
        }
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(typeof(WorkerSupervisor).Assembly.Location);
        }

        start.ArgumentList.Add("worker");
        start.ArgumentList.Add("--socket");
        start.ArgumentList.Add(address.Socket);
        var o = options.Value;
        start.Environment["Alignment__Data"] = Path.GetFullPath(o.Data);
        start.Environment["Alignment__Database"] = o.DatabaseOrDefault;
        start.Environment["Alignment__Artifacts"] = o.ArtifactsOrDefault;
        start.Environment["Alignment__Bus"] = o.Bus;
        start.Environment["Alignment__Services__Checkpoints"] = configuration["Alignment:Services:Checkpoints"] ?? address.Suite;
        return start;
    }

    [LoggerMessage(1, LogLevel.Warning, "The worker ended ({Reason}); starting it again in {Seconds} s. Its job goes on from its last saved step.")]
    private static partial void Ended(ILogger logger, string reason, double seconds);
}

/// <param name="Socket">Path of the Unix socket the worker serves inference on.</param>
/// <param name="Suite">Base address of the Suite's own web server.</param>
internal sealed record WorkerAddress(string Socket, string Suite);
