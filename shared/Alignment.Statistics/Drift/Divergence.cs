namespace Alignment.Statistics.Drift;

/// <summary>How far two distributions over the same bins are apart.</summary>
public static class Divergence
{
    /// <summary>Population stability index, Σ (actual − expected) ln(actual/expected); shares below the floor are raised to it.</summary>
    public static double PopulationStabilityIndex(IReadOnlyList<double> expected, IReadOnlyList<double> actual, double floor = 1e-6) =>
        expected.Zip(actual, (e, a) => (Math.Max(a, floor) - Math.Max(e, floor)) * Math.Log(Math.Max(a, floor) / Math.Max(e, floor))).Sum();

    /// <summary>Inner edges of equal-mass bins of a sample.</summary>
    public static double[] InnerEdges(IReadOnlyList<double> sample, int bins = 10)
    {
        double[] ascending = [.. sample.Order()];
        return [.. Enumerable.Range(1, bins - 1).Select(b => Descriptive.Quantile(ascending, (double)b / bins))];
    }

    /// <summary>Counts by bin; a value's bin is the number of inner edges at or below it.</summary>
    public static int[] Counts(IEnumerable<double> sample, IReadOnlyList<double> innerEdges)
    {
        var counts = new int[innerEdges.Count + 1];
        foreach (var x in sample)
        {
            counts[innerEdges.Count(e => e <= x)]++;
        }

        return counts;
    }

    /// <summary>Jensen–Shannon divergence in nats: mean divergence of both from their mixture.</summary>
    public static double JensenShannon(IReadOnlyList<double> p, IReadOnlyList<double> q)
    {
        double Half(IReadOnlyList<double> a) => a.Select((x, i) => x <= 0 ? 0 : x * Math.Log(2 * x / (p[i] + q[i]))).Sum();
        return (Half(p) + Half(q)) / 2;
    }
}
