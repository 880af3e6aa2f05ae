using Alignment.Statistics;
using Alignment.Statistics.Preferences;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>Win rate over seeds and prompts.</summary>
internal static class SeededWinRate
{
    private const int Resamples = 4000;

    /// <summary>
    /// Mean over seeds of (wins + ½ ties)/n, with the 95 % percentile interval of a bootstrap that draws seeds, and within each seed prompts:
    /// both another training run and other questions could have been had.
    /// </summary>
    /// <param name="tuned">For each seed the score on each prompt.</param>
    /// <param name="start">The same of the starting point.</param>
    public static Estimate Of(IReadOnlyList<IReadOnlyList<double>> tuned, IReadOnlyList<IReadOnlyList<double>> start)
    {
        var points = tuned.Zip(start, (t, s) => t.Zip(s, (a, b) => a > b ? 1 : a < b ? 0 : 0.5).ToArray()).ToList();
        var random = new SplitMix64(1);
        var draws = Enumerable.Range(0, Resamples).Select(_ => random.Indices(points.Count).Average(s => random.Indices(points[s].Length).Average(p => points[s][p]))).Order().ToList();
        return new(tuned.Zip(start, (t, s) => WinRate.Of(t, s).TiesHalf).Average(), Descriptive.Quantile(draws, 0.025), Descriptive.Quantile(draws, 0.975));
    }
}
