using System.Diagnostics;
using Alignment.ServiceDefaults;
using Alignment.Suite.Worker;
using Microsoft.Extensions.Options;

namespace Alignment.Suite.Hosting;

/// <param name="Port">Port of the edge; each service listens a few above it.</param>
internal sealed record FleetOptions(int Port);

/// <summary>Starts every service of the distributed form as its own process and keeps it alive.</summary>
internal sealed class FleetSupervisor(FleetOptions fleet, IOptions<AlignmentOptions> options, TimeProvider time, ILoggerFactory loggers) : BackgroundService
{
    private readonly Dictionary<string, WorkerStatus> status = Fleet.Members.ToDictionary(m => m.Name, _ => new WorkerStatus());

    /// <summary>Every service's process, by name.</summary>
    public IReadOnlyDictionary<string, WorkerState> Status => status.ToDictionary(s => s.Key, s => s.Value.Current);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Fleet.Members.Select(m => new SupervisedProcess(m.Name, () => StartInfo(m), status[m.Name], time, loggers.CreateLogger($"Alignment.Fleet.{m.Name}")).RunAsync(stoppingToken)));

    private ProcessStartInfo StartInfo(FleetMember member)
    {
        var o = options.Value;
        var start = new ProcessStartInfo("dotnet") { ArgumentList = { Fleet.Assembly(member), "--urls", member.Address(fleet.Port) } };
        start.WorkingDirectory = Path.GetDirectoryName(Fleet.Assembly(member));
        start.Environment["Alignment__Data"] = Path.Combine(Path.GetFullPath(o.Data), "services", member.Name);
        start.Environment["Alignment__Database"] = o.DatabaseOrDefault;
        start.Environment["Alignment__Artifacts"] = o.ArtifactsOrDefault;
        start.Environment["Alignment__Bus"] = o.Bus;
        start.Environment["Alignment__Services__Base"] = $"http://127.0.0.1:{fleet.Port}";
        start.Environment["Ui__Backend"] = $"http://127.0.0.1:{fleet.Port}";
        start.Environment["Alignment__WatchParent"] = "true";
        if (o.ApiKey is not null)
        {
            start.Environment["Alignment__ApiKey"] = o.ApiKey;
        }

        return start;
    }
}
