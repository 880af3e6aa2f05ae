using MathNet.Numerics;

namespace Alignment.Statistics.Agreement;

/// <summary>Kendall's tau of two rankings.</summary>
/// <param name="B">(C−D)/√((n₀−n₁)(n₀−n₂)), ties corrected.</param>
/// <param name="C">Stuart's 2(C−D)/(n²(m−1)/m), m the smaller number of distinct values.</param>
/// <param name="PValue">Two-sided normal approximation with tie-corrected variance.</param>
public readonly record struct KendallTau(double B, double C, double PValue);

/// <summary>Kendall's W of m raters over n items.</summary>
/// <param name="W">Coefficient of concordance with mid-ranks, tie-corrected.</param>
/// <param name="WithoutTieCorrection">12S/(m²(n³−n)).</param>
/// <param name="FriedmanChiSquared">m(n−1)W.</param>
/// <param name="PValue">Upper tail with n−1 degrees of freedom.</param>
public readonly record struct KendallConcordance(double W, double WithoutTieCorrection, double FriedmanChiSquared, double PValue);

/// <summary>Agreement of rankings and scores.</summary>
public static class RankAgreement
{
    public static KendallTau Tau(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        long n = x.Count, difference = 0;
        for (var i = 0; i < n; i++)
        {
            for (var j = i + 1; j < n; j++)
            {
                difference += Math.Sign(x[i] - x[j]) * Math.Sign(y[i] - y[j]);
            }
        }

        double Sum(IReadOnlyList<double> v, Func<double, double> term) => v.GroupBy(a => a).Sum(g => term(g.Count()));
        double PairsTied(IReadOnlyList<double> v) => Sum(v, t => t * (t - 1) / 2);

        var pairs = n * (n - 1) / 2.0;
        var b = difference / Math.Sqrt((pairs - PairsTied(x)) * (pairs - PairsTied(y)));
        var classes = Math.Min(x.Distinct().Count(), y.Distinct().Count());
        var c = 2.0 * difference / (n * (double)n * (classes - 1) / classes);
        double V(IReadOnlyList<double> v) => Sum(v, t => t * (t - 1) * ((2 * t) + 5));
        double T3(IReadOnlyList<double> v) => Sum(v, t => t * (t - 1) * (t - 2));
        var variance = (((n * (n - 1.0) * ((2 * n) + 5)) - V(x) - V(y)) / 18) + (2 * PairsTied(x) * PairsTied(y) / (n * (n - 1.0)))
            + (n > 2 ? T3(x) * T3(y) / (9.0 * n * (n - 1) * (n - 2)) : 0);
        return new(b, c, SpecialFunctions.Erfc(Math.Abs(difference) / Math.Sqrt(2 * variance)));
    }

    /// <summary>Spearman's rho: Pearson's r of the mid-ranks.</summary>
    public static double Spearman(IReadOnlyList<double> x, IReadOnlyList<double> y) => Pearson(Descriptive.MidRanks(x), Descriptive.MidRanks(y));

    public static double Pearson(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        double mx = Descriptive.Mean(x), my = Descriptive.Mean(y), xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Count; i++)
        {
            xy += (x[i] - mx) * (y[i] - my);
            xx += (x[i] - mx) * (x[i] - mx);
            yy += (y[i] - my) * (y[i] - my);
        }

        return xy / Math.Sqrt(xx * yy);
    }

    /// <summary>Concordance of raters × items scores.</summary>
    public static KendallConcordance Concordance(IReadOnlyList<IReadOnlyList<double>> scores)
    {
        double m = scores.Count, n = scores[0].Count;
        var ranks = scores.Select(Descriptive.MidRanks).ToList();
        var s = Enumerable.Range(0, scores[0].Count).Sum(i => Math.Pow(ranks.Sum(r => r[i]) - (m * (n + 1) / 2), 2));
        var full = m * m * ((n * n * n) - n);
        var w = 12 * s / (full - (m * scores.Sum(r => Descriptive.TieTerm(r))));
        var chi = m * (n - 1) * w;
        return new(w, 12 * s / full, chi, SpecialFunctions.GammaUpperRegularized((n - 1) / 2, chi / 2));
    }
}
