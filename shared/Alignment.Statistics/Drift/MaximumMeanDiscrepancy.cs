namespace Alignment.Statistics.Drift;

/// <summary>Maximum mean discrepancy with the kernel exp(−d²/2σ²) (Gretton et al. 2012).</summary>
public static class MaximumMeanDiscrepancy
{
    /// <summary>MMD²; unbiased leaves the diagonals out.</summary>
    public static double Squared(IReadOnlyList<double[]> x, IReadOnlyList<double[]> y, double sigma, bool unbiased)
    {
        double Mean(IReadOnlyList<double[]> a, IReadOnlyList<double[]> b, bool skipDiagonal)
        {
            var sum = a.SelectMany((u, i) => b.Select((v, j) => skipDiagonal && i == j ? 0 : Math.Exp(-SquaredDistance(u, v) / (2 * sigma * sigma)))).Sum();
            return sum / (a.Count * (double)(b.Count - (skipDiagonal ? 1 : 0)));
        }

        return Mean(x, x, unbiased) + Mean(y, y, unbiased) - (2 * Mean(x, y, false));
    }

    /// <summary>Median distance over all pairs of the pooled sample: the usual σ.</summary>
    public static double MedianDistance(IReadOnlyList<double[]> x, IReadOnlyList<double[]> y)
    {
        List<double[]> all = [.. x, .. y];
        return Descriptive.Median([.. all.SelectMany((u, i) => all.Skip(i + 1).Select(v => Math.Sqrt(SquaredDistance(u, v))))]);
    }

    private static double SquaredDistance(double[] u, double[] v) => u.Zip(v, (a, b) => (a - b) * (a - b)).Sum();
}
