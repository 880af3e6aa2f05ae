using System.Globalization;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>Trains each method with each seed and prints one line for each method.</summary>
internal sealed class MethodTable(BenchPaths paths, int seeds, Action<string> say)
{
    private readonly Lock scoring = new();

    public IReadOnlyList<MethodRow> Make(IReadOnlyList<MethodSettings> methods, CancellationToken cancellation)
    {
        var start = ForSeeds(seed => Score(paths.Start, seed), cancellation);
        say(string.Create(CultureInfo.InvariantCulture, $"proxy and gold agree on {ProxyAgreement.Of(start):0.000} of the pairs of the starting point's answers to a held-out prompt"));
        var rows = methods.Select(m => Row(m, start, cancellation)).ToList();
        List<IReadOnlyList<string>> table = [["method", "win rate", "low", "high", "KL", "gold", "proxy", "seconds", "peak MB"]];
        table.Add(["(start)", "0.500", "", "", "0.00", Three(start.Average(s => s.MeanGold)), Three(start.Average(s => s.MeanProxy)), "", ""]);
        table.AddRange(rows.Select(r => (IReadOnlyList<string>)[r.Method, Three(r.WinRate.Value), Three(r.WinRate.Low), Three(r.WinRate.High), r.Kl.ToString("0.00", CultureInfo.InvariantCulture),
            Three(r.Gold), Three(r.Proxy), r.Seconds.ToString("0.0", CultureInfo.InvariantCulture), (r.PeakRssBytes >> 20).ToString(CultureInfo.InvariantCulture)]));
        BenchTable.Print(table);
        return rows;
    }

    private MethodRow Row(MethodSettings method, IReadOnlyList<PolicyScores> start, CancellationToken cancellation)
    {
        var runs = ForSeeds(seed => (Cost: Train(method, seed, cancellation), Scores: Score(paths.Run(method.Name, seed), seed)), cancellation);
        var scores = runs.Select(r => r.Scores).ToList();
        var row = new MethodRow(method.Name, SeededWinRate.Of([.. scores.Select(s => s.Gold)], [.. start.Select(s => s.Gold)], start[0].Cases), scores.Average(s => s.Kl), scores.Average(s => s.MeanGold),
            scores.Average(s => s.MeanProxy), runs.Average(r => r.Cost.Seconds), runs.Max(r => r.Cost.PeakRssBytes));
        say(string.Create(CultureInfo.InvariantCulture, $"{row.Method}: win rate {row.WinRate.Value:0.000} ({row.WinRate.Low:0.000} to {row.WinRate.High:0.000}), KL {row.Kl:0.00}, gold {row.Gold:0.000} from {start.Average(s => s.MeanGold):0.000}, proxy {row.Proxy:0.000}, {row.Seconds:0.0} s a run"));
        return row;
    }

    /// <summary>Each run computes on one thread: as many at once as there are processors.</summary>
    private T[] ForSeeds<T>(Func<int, T> of, CancellationToken cancellation)
    {
        var results = new T[seeds];
        Parallel.For(0, seeds, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, s => results[s] = of(s + 1));
        return results;
    }

    /// <summary>One at a time: this process has one thread for tensors.</summary>
    private PolicyScores Score(string folder, int seed)
    {
        lock (scoring)
        {
            using var scorer = new PolicyScorer(paths);
            return scorer.Of(folder, seed);
        }
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
