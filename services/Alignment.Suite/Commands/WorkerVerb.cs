using System.CommandLine;
using Alignment.Suite.Hosting;

namespace Alignment.Suite.Commands;

/// <summary><c>align worker</c>: the torch process; started by the Suite, hidden from people.</summary>
internal sealed class WorkerVerb : IVerb
{
    public Command Build()
    {
        var socket = new Option<string>("--socket") { Description = "Unix socket to serve inference on.", Required = true };
        var command = new Command("worker", "The torch process of `align up`; started by it.") { socket };
        command.Hidden = true;
        command.SetAction(async (parse, cancel) =>
        {
            await using var app = WorkerHost.Build([], parse.GetRequiredValue(socket));
            await app.RunAsync(cancel);
            return 0;
        });
        return command;
    }
}
