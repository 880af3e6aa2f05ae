using System.Globalization;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>Trains each method with each seed and prints one line for each method.</summary>
internal sealed class MethodTable(BenchPaths paths, int seeds, Action<string> say)
{
    public IReadOnlyList<MethodRow> Make(IReadOnlyList<MethodSettings> methods, CancellationToken cancellation)
    {
        using var scorer = new PolicyScorer(paths);
        var start = Enumerable.Range(1, seeds).Select(s => scorer.Of(paths.Start, s)).ToList();
        var rows = methods.Select(m => Row(m, scorer, start, cancellation)).ToList();
        List<IReadOnlyList<string>> table = [["method", "win rate", "low", "high", "KL", "gold", "proxy", "seconds", "peak MB"]];
        table.Add(["(start)", "0.500", "", "", "0.00", Three(start.Average(s => s.Gold.Average())), Three(start.Average(s => s.Proxy)), "", ""]);
        table.AddRange(rows.Select(r => (IReadOnlyList<string>)[r.Method, Three(r.WinRate.Value), Three(r.WinRate.Low), Three(r.WinRate.High), r.Kl.ToString("0.00", CultureInfo.InvariantCulture),
            Three(r.Gold), Three(r.Proxy), r.Seconds.ToString("0.0", CultureInfo.InvariantCulture), (r.PeakRssBytes >> 20).ToString(CultureInfo.InvariantCulture)]));
        BenchTable.Print(table);
        return rows;
    }

    private MethodRow Row(MethodSettings method, PolicyScorer scorer, IReadOnlyList<PolicyScores> start, CancellationToken cancellation)
    {
        // Each run computes on one thread: as many at once as there are processors.
        var costs = new ChildCost[seeds];
        Parallel.For(0, seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, s => costs[s] = Train(method, s + 1, cancellation));
        var scores = Enumerable.Range(1, seeds).Select(s => scorer.Of(paths.Run(method.Name, s), s)).ToList();
        say(string.Create(CultureInfo.InvariantCulture, $"{method.Name}: gold {scores.Average(s => s.Gold.Average()):0.000} from {start.Average(s => s.Gold.Average()):0.000}, {costs.Average(c => c.Seconds):0.0} s a run"));
        return new(method.Name, SeededWinRate.Of([.. scores.Select(s => s.Gold)], [.. start.Select(s => s.Gold)]), scores.Average(s => s.Kl), scores.Average(s => s.Gold.Average()),
            scores.Average(s => s.Proxy), costs.Average(c => c.Seconds), costs.Max(c => c.PeakRssBytes));
    }

    private ChildCost Train(MethodSettings method, int seed, CancellationToken cancellation)
    {
        var folder = paths.Run(method.Name, seed);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        return ChildProcess.Run(["train", method.Method, "--config", method.Write(paths, folder), "--set", FormattableString.Invariant($"seed={seed}"), "--out", folder], cancellation);
    }

    private static string Three(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
