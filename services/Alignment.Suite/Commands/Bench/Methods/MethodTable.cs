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
        var costs = new List<ChildCost>();
        var scores = new List<PolicyScores>();
        for (var seed = 1; seed <= seeds; seed++)
        {
            var folder = paths.Run(method.Name, seed);
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            var job = method.Write(paths, folder);
            costs.Add(ChildProcess.Run(["train", method.Method, "--config", job, "--set", FormattableString.Invariant($"seed={seed}"), "--out", folder], cancellation));
            scores.Add(scorer.Of(folder, seed));
            say(string.Create(CultureInfo.InvariantCulture, $"{method.Name}, seed {seed}: gold {scores[^1].Gold.Average():0.000} from {start[seed - 1].Gold.Average():0.000}, {costs[^1].Seconds:0.0} s"));
        }

        return new(method.Name, SeededWinRate.Of([.. scores.Select(s => s.Gold)], [.. start.Select(s => s.Gold)]), scores.Average(s => s.Kl), scores.Average(s => s.Gold.Average()),
            scores.Average(s => s.Proxy), costs.Average(c => c.Seconds), costs.Max(c => c.PeakRssBytes));
    }

    private static string Three(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}
