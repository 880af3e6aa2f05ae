namespace Alignment.Statistics;

/// <summary>Plain descriptions of a sample.</summary>
public static class Descriptive
{
    public static double Mean(IReadOnlyList<double> x) => x.Sum() / x.Count;

    /// <summary>Standard deviation with n−1; 0 for fewer than two values.</summary>
    public static double StandardDeviation(IReadOnlyList<double> x)
    {
        if (x.Count < 2)
        {
            return 0;
        }

        var mean = Mean(x);
        return Math.Sqrt(x.Sum(v => (v - mean) * (v - mean)) / (x.Count - 1));
    }

    public static double Median(IReadOnlyList<double> x) => Quantile([.. x.Order()], 0.5);

    /// <summary>Quantile of an ascending sample by linear interpolation at position q·(n−1) (type 7).</summary>
    public static double Quantile(IReadOnlyList<double> ascending, double q)
    {
        var at = q * (ascending.Count - 1);
        var below = (int)Math.Floor(at);
        var above = Math.Min(below + 1, ascending.Count - 1);
        return ascending[below] + ((at - below) * (ascending[above] - ascending[below]));
    }

    /// <summary>Ranks from 1; equal values share the mean of their places.</summary>
    public static double[] MidRanks(IReadOnlyList<double> x)
    {
        var order = Enumerable.Range(0, x.Count).OrderBy(i => x[i]).ToArray();
        var ranks = new double[x.Count];
        for (int start = 0, end; start < order.Length; start = end)
        {
            for (end = start + 1; end < order.Length && x[order[end]] == x[order[start]]; end++)
            {
            }

            for (var i = start; i < end; i++)
            {
                ranks[order[i]] = (start + end + 1) / 2.0;
            }
        }

        return ranks;
    }

    /// <summary>Σ(t³ − t) over the groups of equal values, the tie term of rank statistics.</summary>
    public static double TieTerm(IEnumerable<double> x) => x.GroupBy(v => v).Sum(g => Math.Pow(g.Count(), 3) - g.Count());
}
