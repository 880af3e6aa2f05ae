using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Alignment.Statistics.Preferences;
using Alignment.Storage.Artifacts;
using Alignment.Suite.Demo.Reporting;
using Alignment.Suite.Demo.Running;
using Alignment.Suite.Hosting;
using Spectre.Console;

namespace Alignment.Suite.Commands;

/// <summary><c>align demo</c>: one whole cycle on a small help desk; exits 0 only if the gate passed.</summary>
internal sealed class DemoVerb : IVerb
{
    public Command Build()
    {
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the demo's database, artifacts and report.", DefaultValueFactory = _ => new(Path.Combine("data", "demo")) };
        var seed = new Option<int>("--seed") { Description = "Decides every random choice; the same seed gives the same checkpoint.", DefaultValueFactory = _ => 1 };
        var port = new Option<int>("--port") { Description = "Port on localhost; 0 takes a free one.", DefaultValueFactory = _ => 0 };
        var settings = new Option<FileInfo?>("--settings") { Description = "Settings of the cycle; default samples/helpdesk/cycle.json." };
        var distributed = new Option<bool>("--distributed") { Description = "Over RabbitMQ and PostgreSQL, every service as its own process." };
        var command = new Command("demo", "Run one whole cycle on a small help desk, from ranking to a served checkpoint, and print the report. Run again to go on after an interruption.") { data, seed, port, settings, distributed };
        command.SetAction((parse, cancel) => RunAsync(DemoPaths.In(parse.GetValue(data)!.FullName, parse.GetValue(settings)?.FullName), parse.GetValue(seed), parse.GetValue(port), parse.GetValue(distributed), cancel));
        return command;
    }

    private static async Task<int> RunAsync(DemoPaths paths, int seed, int port, bool distributed, CancellationToken cancel)
    {
        // The stages are shown by the demo itself; children inherit the environment.
        Environment.SetEnvironmentVariable("Logging__LogLevel__Default", "Warning");
        port = port > 0 ? port : FreePort();
        var url = $"http://localhost:{port}";
        try
        {
            Startup.RequirePort(url);
            await using var memory = new MemoryWatch();
            await using var servers = distributed ? await DistributedServers.StartAsync(Directory.CreateDirectory(paths.Data).FullName, cancel) : null;
            await using var app = servers is null ? SuiteHost.Build(["--Alignment:Data", paths.Data], url) : DistributedHost.Build(DistributedHost.Settings(paths.Data, servers), port);
            await app.StartAsync(cancel);
            Console.WriteLine($"The suite is at {url}; look at its pages while it works.");
            using var http = new HttpClient { BaseAddress = new($"{url}/"), Timeout = TimeSpan.FromMinutes(2) };
            var artifacts = new FolderArtifactStore(Path.Combine(paths.Data, "artifacts"), TimeProvider.System);
            var outcome = await new DemoRun(new(http), artifacts, paths, new(AnsiConsole.Console), memory, seed).RunAsync(cancel);
            await app.StopAsync(CancellationToken.None);
            ReportTable.Print(outcome, AnsiConsole.Console);
            Console.WriteLine($"Report: {Path.Combine(paths.Data, "report.html")}\nTalk to it: ./align up --data {paths.Data}, then POST /v1/chat/completions with model \"helpdesk\".");
            return outcome.Gate.Decision == GateVerdict.Pass ? ExitCode.Done : ExitCode.GateKept;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("align: interrupted; nothing is lost. The same command goes on from here.");
            return ExitCode.Interrupted;
        }
        catch (Exception e) when ((e is DemoException or InvalidOperationException ? e.Message : Startup.Explain(e, url)) is { } sentence)
        {
            await Console.Error.WriteLineAsync($"align: {sentence}");
            return Startup.CodeOf(e);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
