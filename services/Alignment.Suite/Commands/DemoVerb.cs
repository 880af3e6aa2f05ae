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
        var command = new Command("demo", "Run one whole cycle on a small help desk, from ranking to a served checkpoint, and print the report. Run again to go on after an interruption.") { data, seed, port };
        command.SetAction((parse, cancel) => RunAsync(DemoPaths.In(parse.GetValue(data)!.FullName), parse.GetValue(seed), parse.GetValue(port), cancel));
        return command;
    }

    private static async Task<int> RunAsync(DemoPaths paths, int seed, int port, CancellationToken cancel)
    {
        var url = $"http://localhost:{(port > 0 ? port : FreePort())}";
        try
        {
            await using var memory = new MemoryWatch();
            await using var app = SuiteHost.Build(["--Alignment:Data", paths.Data, "--Logging:LogLevel:Default", "Warning"], url);
            await app.StartAsync(cancel);
            Console.WriteLine($"The suite is at {url}; look at its pages while it works.");
            using var http = new HttpClient { BaseAddress = new($"{url}/"), Timeout = TimeSpan.FromMinutes(2) };
            var progress = new DemoProgress(AnsiConsole.Console);
            var outcome = await new DemoRun(new(http), app.Services.GetRequiredService<IArtifactStore>(), paths, progress, memory, seed).RunAsync(cancel);
            await app.StopAsync(CancellationToken.None);
            ReportTable.Print(outcome, AnsiConsole.Console);
            Console.WriteLine($"Report: {Path.Combine(paths.Data, "report.html")}\nTalk to it: ./align up --data {paths.Data}, then POST /v1/chat/completions with model \"helpdesk\".");
            return outcome.Gate.Decision == GateVerdict.Pass ? 0 : 3;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("align: interrupted; nothing is lost. The same command goes on from here.");
            return 130;
        }
        catch (DemoException e)
        {
            await Console.Error.WriteLineAsync($"align: {e.Message}");
            return 1;
        }
        catch (Exception e) when (Startup.Explain(e, url) is { } sentence)
        {
            await Console.Error.WriteLineAsync($"align: {sentence}");
            return 1;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
