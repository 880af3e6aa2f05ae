using System.CommandLine;
using Alignment.Suite.Commands.Bench;

namespace Alignment.Suite.Commands;

/// <summary><c>align bench NAME [--json FILE] [--quick]</c>: measurements that anyone can repeat on this machine.</summary>
internal sealed class BenchVerb : IVerb
{
    public Command Build()
    {
        var bench = new Command("bench", "Measure on this machine: one table, and the same numbers as JSON.");
        foreach (var benchmark in typeof(IBenchmark).Assembly.GetTypes()
            .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IBenchmark).IsAssignableFrom(t))
            .Select(t => (IBenchmark)Activator.CreateInstance(t)!).OrderBy(b => b.Name, StringComparer.Ordinal))
        {
            bench.Add(Measurement(benchmark));
        }

        return bench;
    }

    private static Command Measurement(IBenchmark benchmark)
    {
        var json = new Option<string?>("--json") { Description = "File for the numbers." };
        var quick = new Option<bool>("--quick") { Description = "Smaller: shows that it works." };
        var command = new Command(benchmark.Name, benchmark.Help) { json, quick };
        foreach (var option in benchmark.Options)
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellation) =>
        {
            using var stop = StopSignals.Heed("Stopping after the measurement in hand.", cancellation);
            return Task.FromResult(Writable(parsed.GetValue(json)) ? benchmark.Run(new(parsed.GetValue(quick), parsed.GetValue(json), parsed), stop.Token) : ExitCode.Usage);
        });
        return command;
    }

    // Before minutes of measuring, not after.
    private static bool Writable(string? json)
    {
        var fits = json is null || (!Directory.Exists(json) && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(json))));
        if (!fits)
        {
            Console.Error.WriteLine($"align bench: --json {json} is a folder or lies in none. Name a file in a folder that exists.");
        }

        return fits;
    }
}
