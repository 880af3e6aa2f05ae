using MathNet.Numerics;

namespace Alignment.Statistics.Hypotheses;

/// <summary>A rank-sum result.</summary>
/// <param name="FirstU">Pairs with first &gt; second, ties half.</param>
/// <param name="RankBiserial">2U/(nm) − 1, which is Cliff's delta: −1 … 1.</param>
/// <param name="PValue">Two-sided.</param>
public readonly record struct RankSumResult(double FirstU, double RankBiserial, double PValue);

/// <summary>Mann–Whitney (1947): do values of one independent sample tend to exceed the other's?</summary>
public static class MannWhitneyTest
{
    /// <summary>Tie-corrected normal approximation.</summary>
    public static RankSumResult Asymptotic(IReadOnlyList<double> first, IReadOnlyList<double> second, bool continuity = true)
    {
        double n = first.Count, m = second.Count, all = n + m;
        var u = U(first, second);
        var variance = n * m / 12 * (all + 1 - (Descriptive.TieTerm(first.Concat(second)) / (all * (all - 1))));
        var distance = Math.Max(u, (n * m) - u) - (n * m / 2) - (continuity ? 0.5 : 0);
        var p = variance <= 0 ? 1 : Math.Min(1, SpecialFunctions.Erfc(distance / Math.Sqrt(2 * variance)));
        return new(u, (2 * u / (n * m)) - 1, p);
    }

    /// <summary>Exact two-sided p for samples without ties, by counting the arrangements with each U.</summary>
    public static double ExactPValue(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        int n = first.Count, m = second.Count;
        var u = U(first, second);
        // count[i, s] = ways that i of the first sample's values, placed so far, beat s values of the second.
        var count = new double[n + 1, (n * m) + 1];
        count[0, 0] = 1;
        for (var below = 0; below <= m; below++)
        {
            for (var i = 1; i <= n; i++)
            {
                for (var s = below; s <= n * m; s++)
                {
                    count[i, s] += count[i - 1, s - below];
                }
            }
        }

        var upper = (int)Math.Round(Math.Max(u, (n * m) - u));
        var tail = Enumerable.Range(upper, (n * m) - upper + 1).Sum(s => count[n, s]);
        return Math.Min(1, 2 * tail / SpecialFunctions.Binomial(n + m, n));
    }

    private static double U(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        var ranks = Descriptive.MidRanks([.. first, .. second]);
        return ranks.Take(first.Count).Sum() - (first.Count * (first.Count + 1) / 2.0);
    }
}
