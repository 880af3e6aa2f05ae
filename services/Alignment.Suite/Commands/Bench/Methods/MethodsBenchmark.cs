using System.CommandLine;
using System.Globalization;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary><c>align bench methods</c>: trains every policy method on the help desk sample, whose gold rubric is known, and asks whether it learned.</summary>
internal sealed class MethodsBenchmark : IBenchmark
{
    private readonly Option<string?> only = new("--methods") { Description = "Only these, separated by commas, and without the section on over-optimisation." };
    private readonly Option<int> seeds = new("--seeds") { Description = "Training runs of each method.", DefaultValueFactory = _ => 3 };
    private readonly Option<string?> work = new("--work") { Description = "Folder for what is made; the starting point, judgements and reward model in it are used again." };
    private readonly Option<bool> overOptimisation = new("--over-optimisation") { Description = "Only the last section: one run without the guard of proxy against gold, one with it." };

    public string Name => "methods";

    public string Help => "Train every policy method on the sample and compare it with its starting point by the gold rubric.";

    public IEnumerable<Option> Options => [only, seeds, work, overOptimisation];

    public int Run(BenchArguments arguments, CancellationToken cancellation)
    {
        var paths = new BenchPaths(Path.GetFullPath(arguments.Parsed.GetValue(work) ?? Path.Combine(Repository.Root, "artifacts", "bench", arguments.Quick ? "methods-quick" : "methods")));
        var chosen = MethodSettings.All();
        if (arguments.Parsed.GetValue(only) is { } names)
        {
            var wanted = names.Split(',', StringSplitOptions.TrimEntries);
            if (wanted.FirstOrDefault(n => chosen.All(m => m.Name != n)) is { } unknown)
            {
                Console.Error.WriteLine($"align bench methods: there is no '{unknown}'; there are {string.Join(", ", chosen.Select(m => m.Name))}.");
                return ExitCode.Usage;
            }

            chosen = [.. chosen.Where(m => wanted.Contains(m.Name, StringComparer.Ordinal))];
        }

        try
        {
            new Prerequisites(paths, arguments.Quick, Say).Make(cancellation);
            var learned = true;
            if (!arguments.Parsed.GetValue(overOptimisation))
            {
                var table = new MethodTable(paths, arguments.Parsed.GetValue(seeds), Say).Make(chosen, cancellation);
                BenchTable.WriteJson(arguments.Json, table.Select(Json).ToList());
                learned = table.All(r => r.WinRate.Low > 0.5);
            }

            if (arguments.Parsed.GetValue(only) is not null)
            {
                return learned ? 0 : 1;
            }

            var (runs, shown) = new OverOptimisation(paths, Say).Make(cancellation);
            if (arguments.Parsed.GetValue(overOptimisation))
            {
                BenchTable.WriteJson(arguments.Json, runs);
            }

            return learned && shown ? 0 : 1;
        }
        catch (Exception e) when (e is InvalidOperationException or AggregateException { InnerException: InvalidOperationException })
        {
            Console.Error.WriteLine($"align bench methods: {(e as AggregateException)?.InnerException?.Message ?? e.Message}");
            return ExitCode.Fault;
        }
    }

    internal static object Json(MethodRow r) => new { r.Method, WinRate = r.WinRate.ToJson(), r.Kl, r.Gold, r.Proxy, r.Seconds, r.PeakRssBytes };

    private static void Say(string what) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.Now:HH:mm:ss} {what}"));
}
