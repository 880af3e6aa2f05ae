using System.Diagnostics;
using Alignment.ServiceDefaults;
using Microsoft.Extensions.Options;

namespace Alignment.Suite.Worker;

/// <summary>
/// The worker of the embedded form: the same executable, hosting the five services that load torch. A native abort or the
/// out-of-memory killer ends the worker, never the form.
/// </summary>
internal sealed class WorkerSupervisor(WorkerStatus status, WorkerAddress address, IOptions<AlignmentOptions> options, TimeProvider time, ILogger<WorkerSupervisor> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => new SupervisedProcess("worker", StartInfo, status, time, logger).RunAsync(stoppingToken);

    private ProcessStartInfo StartInfo()
    {
        File.Delete(address.Socket);
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { typeof(WorkerSupervisor).Assembly.Location, "worker", "--socket", address.Socket } };
        var o = options.Value;
        start.Environment["Alignment__Data"] = Path.GetFullPath(o.Data);
        start.Environment["Alignment__Database"] = o.DatabaseOrDefault;
        start.Environment["Alignment__Artifacts"] = o.ArtifactsOrDefault;
        // A bus in memory reaches nobody in another process: the worker writes its messages as rows and this process sends them.
        start.Environment["Alignment__Bus"] = o.Bus == "memory" ? "none" : o.Bus;
        start.Environment["Alignment__WatchParent"] = "true";
        if (o.ApiKey is not null)
        {
            start.Environment["Alignment__ApiKey"] = o.ApiKey;
        }

        start.Environment["Alignment__Services__Base"] = address.Suite;
        return start;
    }
}

/// <param name="Socket">Path of the Unix socket the worker serves inference on.</param>
/// <param name="Suite">Base address of the Suite's own web server.</param>
internal sealed record WorkerAddress(string Socket, string Suite);
