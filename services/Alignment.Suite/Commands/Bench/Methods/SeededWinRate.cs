using Alignment.Statistics;

namespace Alignment.Suite.Commands.Bench.Methods;

/// <summary>Win rate over seeds and prompts.</summary>
internal static class SeededWinRate
{
    private const int Resamples = 4000;

    /// <summary>
    /// Mean over seeds and prompts of (wins + ½ ties)/pairs, where every answer of the tuned policy meets every one of the starting point to the
    /// same prompt, with the 95 % percentile interval of a bootstrap that draws seeds and, the same for all seeds drawn, cases: both another
    /// training run and other questions could have been had (Owen 2007, the pigeonhole bootstrap). A case is drawn with all its wordings and
    /// answers, so that more of them sharpen its share and feign no further cases.
    /// </summary>
    /// <param name="tuned">For each seed and each prompt the scores of the answers.</param>
    /// <param name="start">The same of the starting point.</param>
    /// <param name="cases">What each prompt asks; prompts that ask the same are one case. All cases count alike.</param>
    public static Estimate Of(IReadOnlyList<IReadOnlyList<double[]>> tuned, IReadOnlyList<IReadOnlyList<double[]>> start, IReadOnlyList<string> cases)
    {
        var prompts = Enumerable.Range(0, cases.Count).ToLookup(p => cases[p]).ToList();
        var points = tuned.Zip(start, (t, s) => prompts.Select(c => c.Average(p => Share(t[p], s[p]))).ToArray()).ToList();
        var random = new SplitMix64(1);
        var draws = Enumerable.Range(0, Resamples).Select(_ => Draw(points, random)).Order().ToList();
        return new(points.Average(p => p.Average()), Descriptive.Quantile(draws, 0.025), Descriptive.Quantile(draws, 0.975));
    }

    private static double Draw(List<double[]> points, SplitMix64 random)
    {
        var cases = random.Indices(points[0].Length).ToList();
        return random.Indices(points.Count).Average(s => cases.Average(c => points[s][c]));
    }

    private static double Share(double[] tuned, double[] start) => tuned.Average(a => start.Average(b => a > b ? 1 : a < b ? 0 : 0.5));
}
