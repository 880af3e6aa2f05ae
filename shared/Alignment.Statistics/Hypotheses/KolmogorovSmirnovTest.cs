namespace Alignment.Statistics.Hypotheses;

/// <summary>A two-sample Kolmogorov–Smirnov result, two-sided.</summary>
/// <param name="Statistic">Largest distance between the two empirical distribution functions.</param>
/// <param name="ExactPValue">Share of the arrangements of the pooled sample with at least that distance.</param>
/// <param name="AsymptoticPValue">One-sample distribution at n = round(nm/(n+m)).</param>
public readonly record struct KolmogorovSmirnovResult(double Statistic, double ExactPValue, double AsymptoticPValue);

/// <summary>Do two samples come from one distribution?</summary>
public static class KolmogorovSmirnovTest
{
    public static KolmogorovSmirnovResult TwoSample(IReadOnlyList<double> first, IReadOnlyList<double> second)
    {
        double[] x = [.. first.Order()], y = [.. second.Order()];
        long n = x.Length, m = y.Length, largest = 0;
        foreach (var v in x.Concat(y))
        {
            // Integer arithmetic: |i·m − j·n| is the distance in steps of 1/(nm).
            largest = Math.Max(largest, Math.Abs((CountAtMost(x, v) * m) - (CountAtMost(y, v) * n)));
        }

        var statistic = (double)largest / (n * m);
        var effective = (int)Math.Round((double)n * m / (n + m), MidpointRounding.ToEven);
        return new(statistic, Exact((int)n, (int)m, largest), 1 - KolmogorovDistribution.Cdf(effective, statistic));
    }

    /// <summary>Lattice paths from (0,0) to (n,m) that touch |i·m − j·n| ≥ distance, as a share of all.</summary>
    private static double Exact(int n, int m, long distance)
    {
        if (distance == 0)
        {
            return 1;
        }

        // inside[j] = chance that a random path reaches (i, j) without having touched the limit.
        var inside = new double[m + 1];
        for (var i = 0; i <= n; i++)
        {
            for (var j = 0; j <= m; j++)
            {
                if (Math.Abs(((long)i * m) - ((long)j * n)) >= distance)
                {
                    inside[j] = 0;
                }
                else if (i + j == 0)
                {
                    inside[j] = 1;
                }
                else
                {
                    // A path at (i, j) came from the left with probability i/(i+j), by symmetry of arrangements.
                    inside[j] = ((i > 0 ? inside[j] * i : 0) + (j > 0 ? inside[j - 1] * j : 0)) / (i + j);
                }
            }
        }

        return Math.Clamp(1 - inside[m], 0, 1);
    }

    private static long CountAtMost(double[] ascending, double value)
    {
        int low = 0, high = ascending.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = ascending[middle] <= value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
