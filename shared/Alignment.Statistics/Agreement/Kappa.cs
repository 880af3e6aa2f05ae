namespace Alignment.Statistics.Agreement;

/// <summary>How much a disagreement between ordered categories counts.</summary>
public enum KappaWeights
{
    /// <summary>All disagreements alike.</summary>
    None,

    /// <summary>By |i−j|.</summary>
    Linear,

    /// <summary>By (i−j)².</summary>
    Quadratic,
}

/// <summary>Chance-corrected agreement with its parts; the coefficient is NaN where chance agreement is total.</summary>
public readonly record struct KappaResult(double Coefficient, double Observed, double Chance)
{
    internal static KappaResult Of(double observed, double chance) => new((observed - chance) / (1 - chance), observed, chance);
}

/// <summary>Kappa coefficients. Categories are 0 … <c>categories</c>−1.</summary>
public static class Kappa
{
    /// <summary>Cohen (1960, 1968): 1 − Σ wO / Σ wE, E from the two raters' marginals.</summary>
    public static double Cohen(IReadOnlyList<int> first, IReadOnlyList<int> second, int categories, KappaWeights weights = KappaWeights.None)
    {
        var n = first.Count;
        double observed = 0, expected = 0;
        for (var i = 0; i < categories; i++)
        {
            for (var j = 0; j < categories; j++)
            {
                var w = Disagreement(i, j, categories, weights);
                observed += w * first.Where((f, t) => f == i && second[t] == j).Count() / n;
                expected += w * first.Count(f => f == i) / n * second.Count(s => s == j) / n;
            }
        }

        return 1 - (observed / expected);
    }

    /// <summary>Fleiss (1971), items × categories counts with equally many raters an item; chance from the pooled shares.</summary>
    public static double Fleiss(IReadOnlyList<IReadOnlyList<int>> counts)
    {
        var (observed, shares) = Agreement(counts);
        return KappaResult.Of(observed, shares.Sum(p => p * p)).Coefficient;
    }

    /// <summary>Randolph (2005): as Fleiss with chance 1/k, free of marginals.</summary>
    public static double Randolph(IReadOnlyList<IReadOnlyList<int>> counts) => KappaResult.Of(Agreement(counts).Observed, 1.0 / counts[0].Count).Coefficient;

    /// <summary>
    /// Gwet's AC1 (no weights) or AC2 (2008), raters × items with null for missing: observed agreement over items with two
    /// ratings or more, shares over all rated items, chance Σw/(k(k−1)) Σ π(1−π).
    /// </summary>
    public static KappaResult Gwet(IReadOnlyList<IReadOnlyList<int?>> ratings, int categories, KappaWeights weights = KappaWeights.None)
    {
        var items = Enumerable.Range(0, ratings[0].Count)
            .Select(i => ratings.Where(r => r[i] is not null).Select(r => r[i]!.Value).ToArray()).Where(x => x.Length > 0).ToList();
        double Weight(int i, int j) => 1 - Disagreement(i, j, categories, weights);

        var observed = items.Where(x => x.Length > 1).Average(x =>
            (x.Sum(a => x.Sum(b => Weight(a, b))) - x.Length) / (x.Length * (x.Length - 1.0)));
        double chance = 0, total = 0;
        for (var k = 0; k < categories; k++)
        {
            var share = items.Average(x => (double)x.Count(v => v == k) / x.Length);
            chance += share * (1 - share);
            total += Enumerable.Range(0, categories).Sum(j => Weight(k, j));
        }

        return KappaResult.Of(observed, chance * total / (categories * (categories - 1.0)));
    }

    private static (double Observed, double[] Shares) Agreement(IReadOnlyList<IReadOnlyList<int>> counts)
    {
        var raters = counts[0].Sum();
        if (raters < 2 || counts.Any(c => c.Sum() != raters))
        {
            throw new ArgumentException("Every item needs the same number of ratings, at least two; use Krippendorff's alpha otherwise.", nameof(counts));
        }

        var observed = counts.Average(c => (c.Sum(x => (double)x * x) - raters) / (raters * (raters - 1.0)));
        return (observed, [.. Enumerable.Range(0, counts[0].Count).Select(k => counts.Sum(c => (double)c[k]) / (counts.Count * raters))]);
    }

    // 0 on the diagonal, 1 at the far corner.
    private static double Disagreement(int i, int j, int categories, KappaWeights weights)
    {
        var d = Math.Abs(i - j) / (categories - 1.0);
        return weights switch
        {
            KappaWeights.Linear => d,
            KappaWeights.Quadratic => d * d,
            _ => i == j ? 0 : 1,
        };
    }
}
