namespace Alignment.Statistics.Preferences;

/// <summary>What choosing the best of several samples buys and costs.</summary>
public static class BestOfN
{
    /// <summary>1 − C(n−c, k)/C(n, k): chance that k of n samples, c of them correct, hold a correct one (Chen et al. 2021).</summary>
    public static double PassAtK(int samples, int correct, int k)
    {
        if (samples - correct < k)
        {
            return 1;
        }

        var miss = 1.0;
        for (var i = samples - correct + 1; i <= samples; i++)
        {
            miss *= 1 - ((double)k / i);
        }

        return 1 - miss;
    }

    /// <summary>ln n − (n−1)/n: bound on the divergence of best-of-n from its model, nats.</summary>
    public static double KlBound(int n) => Math.Log(n) - ((n - 1.0) / n);

    /// <summary>Expected best of n draws with replacement: Σ r_(i) ((i/m)ⁿ − ((i−1)/m)ⁿ).</summary>
    public static double ExpectedWithReplacement(IReadOnlyList<double> rewards, int n)
    {
        double m = rewards.Count;
        return rewards.Order().Select((r, i) => r * (Math.Pow((i + 1) / m, n) - Math.Pow(i / m, n))).Sum();
    }

    /// <summary>Expected best of n different ones: Σ r_(i) C(i−1, n−1)/C(m, n).</summary>
    public static double ExpectedWithoutReplacement(IReadOnlyList<double> rewards, int n)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(n, rewards.Count);
        var all = MathNet.Numerics.SpecialFunctions.Binomial(rewards.Count, n);
        return rewards.Order().Select((r, i) => i < n - 1 ? 0 : r * MathNet.Numerics.SpecialFunctions.Binomial(i, n - 1) / all).Sum();
    }
}
