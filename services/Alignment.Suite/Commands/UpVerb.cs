using System.CommandLine;
using Alignment.Suite.Hosting;

namespace Alignment.Suite.Commands;

/// <summary><c>align up</c>: the suite in one process and its worker, or every service as its own process.</summary>
internal sealed class UpVerb : IVerb
{
    public Command Build()
    {
        var port = new Option<int>("--port") { Description = "Port on localhost.", DefaultValueFactory = _ => 5080 };
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the database and the artifacts.", DefaultValueFactory = _ => new("data") };
        var distributed = new Option<bool>("--distributed") { Description = "RabbitMQ, PostgreSQL and every service as its own process; services listen on the ports above --port." };
        var command = new Command("up", "Start the suite on http://localhost:5080; SQLite and artifacts under ./data.") { port, data, distributed };
        command.SetAction((parse, cancel) => parse.GetValue(distributed)
            ? DistributedAsync(parse.GetValue(data)!.FullName, parse.GetValue(port), cancel)
            : EmbeddedAsync(parse.GetValue(data)!.FullName, parse.GetValue(port), cancel));
        return command;
    }

    private static Task<int> EmbeddedAsync(string data, int port, CancellationToken cancel)
    {
        var url = $"http://localhost:{port}";
        return Startup.RunAsync(() => SuiteHost.Build(["--Alignment:Data", data], url), url, cancel);
    }

    private static async Task<int> DistributedAsync(string data, int port, CancellationToken cancel)
    {
        try
        {
            Console.WriteLine("Starting PostgreSQL and RabbitMQ …");
            await using var servers = await DistributedServers.StartAsync(Directory.CreateDirectory(data).FullName, cancel);
            return await Startup.RunAsync(() => DistributedHost.Build(DistributedHost.Settings(data, servers), port), $"http://localhost:{port}", cancel);
        }
        catch (InvalidOperationException e)
        {
            await Console.Error.WriteLineAsync($"align: {e.Message}");
            return ExitCode.Unavailable;
        }
    }
}
