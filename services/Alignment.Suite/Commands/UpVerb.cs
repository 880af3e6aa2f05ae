using System.CommandLine;
using Alignment.Suite.Hosting;

namespace Alignment.Suite.Commands;

/// <summary><c>align up</c>: the suite in one process and its worker.</summary>
internal sealed class UpVerb : IVerb
{
    public Command Build()
    {
        var port = new Option<int>("--port") { Description = "Port on localhost.", DefaultValueFactory = _ => 5080 };
        var data = new Option<DirectoryInfo>("--data") { Description = "Folder of the database and the artifacts.", DefaultValueFactory = _ => new("data") };
        var command = new Command("up", "Start the suite on http://localhost:5080; SQLite and artifacts under ./data.") { port, data };
        command.SetAction(async (parse, cancel) =>
        {
            var url = $"http://localhost:{parse.GetValue(port)}";
            return await Startup.RunAsync(() => SuiteHost.Build(["--Alignment:Data", parse.GetValue(data)!.FullName], url), url, cancel);
        });
        return command;
    }
}
