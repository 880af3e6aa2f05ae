using MathNet.Numerics;

namespace Alignment.Statistics.Hypotheses;

/// <summary>What becomes of zero differences.</summary>
public enum ZeroDifferences
{
    /// <summary>Dropped before ranking (Wilcoxon 1945).</summary>
    Wilcox,

    /// <summary>Ranked, then their ranks dropped (Pratt 1959).</summary>
    Pratt,
}

/// <summary>A signed-rank result.</summary>
/// <param name="Plus">Sum of the ranks of positive differences.</param>
/// <param name="Minus">Sum of the ranks of negative differences.</param>
/// <param name="Z">Normal score of min(Plus, Minus), at most 0; NaN for the exact test.</param>
/// <param name="PValue">Two-sided.</param>
public readonly record struct SignedRankResult(double Plus, double Minus, double Z, double PValue)
{
    public double Statistic => Math.Min(Plus, Minus);
}

/// <summary>Wilcoxon's signed-rank test of paired differences, with mid-ranks.</summary>
public static class WilcoxonSignedRankTest
{
    /// <summary>
    /// Normal approximation with tie-corrected variance; <paramref name="continuity"/> moves the statistic by ½ towards its
    /// mean. p = 1 when no difference is left.
    /// </summary>
    public static SignedRankResult Asymptotic(IReadOnlyList<double> differences, ZeroDifferences zeros = ZeroDifferences.Wilcox, bool continuity = false)
    {
        double[] d = [.. differences.Where(x => zeros == ZeroDifferences.Pratt || x != 0)];
        var (plus, minus) = RankSums(d);
        double n = d.Length, zero = d.Count(x => x == 0);
        var mean = ((n * (n + 1)) - (zero * (zero + 1))) / 4;
        // Ties among the zeros are already gone with their ranks.
        var variance = ((n * (n + 1) * ((2 * n) + 1)) - (zero * (zero + 1) * ((2 * zero) + 1))
            - (Descriptive.TieTerm(d.Where(x => x != 0).Select(Math.Abs)) / 2)) / 24;
        if (variance <= 0)
        {
            return new(plus, minus, 0, 1);
        }

        var z = (Math.Min(plus, minus) - mean + (continuity ? 0.5 * Math.Sign(mean - Math.Min(plus, minus)) : 0)) / Math.Sqrt(variance);
        return new(plus, minus, z, Math.Min(1, SpecialFunctions.Erfc(Math.Abs(z) / Math.Sqrt(2))));
    }

    /// <summary>
    /// Exact two-sided p by counting the subsets of the ranks with each sum (doubled ranks keep mid-ranks integral).
    /// Zeros are dropped.
    /// </summary>
    public static SignedRankResult Exact(IReadOnlyList<double> differences)
    {
        double[] d = [.. differences.Where(x => x != 0)];
        var (plus, minus) = RankSums(d);
        int[] doubled = [.. Descriptive.MidRanks([.. d.Select(Math.Abs)]).Select(r => (int)Math.Round(2 * r))];
        var share = new double[doubled.Sum() + 1];
        share[0] = 1;
        foreach (var r in doubled)
        {
            for (var s = share.Length - 1; s >= 0; s--)
            {
                share[s] = (share[s] + (s >= r ? share[s - r] : 0)) / 2;
            }
        }

        var tail = share.Take((int)Math.Round(2 * Math.Min(plus, minus)) + 1).Sum();
        return new(plus, minus, double.NaN, d.Length == 0 ? 1 : Math.Min(1, 2 * tail));
    }

    private static (double Plus, double Minus) RankSums(double[] d)
    {
        var ranks = Descriptive.MidRanks([.. d.Select(Math.Abs)]);
        return (ranks.Where((_, i) => d[i] > 0).Sum(), ranks.Where((_, i) => d[i] < 0).Sum());
    }
}
