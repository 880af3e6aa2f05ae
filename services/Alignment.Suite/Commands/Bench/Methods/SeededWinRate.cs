using Alignment.Statistics;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>Win rate over seeds and prompts.</summary>
internal static class SeededWinRate
{
    private const int Resamples = 4000;

    /// <summary>
    /// Mean over seeds and prompts of (wins + ½ ties)/pairs, where every answer of the tuned policy meets every one of the starting point to the
    /// same prompt, with the 95 % percentile interval of a bootstrap that draws seeds, and within each seed prompts: both another training run and
    /// other questions could have been had. A prompt is drawn whole, so that more answers to it sharpen its share and feign no further prompts.
    /// </summary>
    /// <param name="tuned">For each seed and each prompt the scores of the answers.</param>
    /// <param name="start">The same of the starting point.</param>
    public static Estimate Of(IReadOnlyList<IReadOnlyList<double[]>> tuned, IReadOnlyList<IReadOnlyList<double[]>> start)
    {
        var points = tuned.Zip(start, (t, s) => t.Zip(s, Share).ToArray()).ToList();
        var random = new SplitMix64(1);
        var draws = Enumerable.Range(0, Resamples).Select(_ => random.Indices(points.Count).Average(s => random.Indices(points[s].Length).Average(p => points[s][p]))).Order().ToList();
        return new(points.Average(p => p.Average()), Descriptive.Quantile(draws, 0.025), Descriptive.Quantile(draws, 0.975));
    }

    private static double Share(double[] tuned, double[] start) => tuned.Average(a => start.Average(b => a > b ? 1 : a < b ? 0 : 0.5));
}
