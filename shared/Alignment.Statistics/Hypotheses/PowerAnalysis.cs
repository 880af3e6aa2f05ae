using MathNet.Numerics.Distributions;

namespace Alignment.Statistics.Hypotheses;

/// <summary>How many items a comparison needs: the chance that a difference of a given size is found.</summary>
public static class PowerAnalysis
{
    /// <summary>Exact power of the exact McNemar test: over the number of discordant pairs and their split.</summary>
    /// <param name="onlyFirst">Chance that a pair has only the first right; <paramref name="onlySecond"/> likewise.</param>
    public static double McNemarExact(int pairs, double onlyFirst, double onlySecond, double alpha = .05)
    {
        var discordant = onlyFirst + onlySecond;
        return discordant == 0 ? 0 : Enumerable.Range(0, pairs + 1).Sum(d => Binomial.PMF(discordant, pairs, d)
            * Enumerable.Range(0, d + 1).Where(k => McNemarTest.Exact(k, d - k) <= alpha).Sum(k => Binomial.PMF(onlyFirst / discordant, d, k)));
    }

    /// <summary>Connor (1987): Φ((√n·|δ| − z·√d)/√(d − δ²)), d = p₁₀ + p₀₁, δ = p₁₀ − p₀₁.</summary>
    public static double McNemarNormal(int pairs, double onlyFirst, double onlySecond, double alpha = .05)
    {
        double d = onlyFirst + onlySecond, delta = onlyFirst - onlySecond;
        return Normal.CDF(0, 1, ((Math.Sqrt(pairs) * Math.Abs(delta)) - (Quantile(1 - (alpha / 2)) * Math.Sqrt(d))) / Math.Sqrt(d - (delta * delta)));
    }

    /// <summary>Pairs that reach the power by that approximation, rounded up.</summary>
    public static int McNemarPairs(double onlyFirst, double onlySecond, double power = .8, double alpha = .05)
    {
        double d = onlyFirst + onlySecond, delta = onlyFirst - onlySecond;
        var root = ((Quantile(1 - (alpha / 2)) * Math.Sqrt(d)) + (Quantile(power) * Math.Sqrt(d - (delta * delta)))) / Math.Abs(delta);
        return (int)Math.Ceiling(root * root);
    }

    /// <summary>Cohen's h = 2·asin √p₁ − 2·asin √p₂: the size of a difference of two shares.</summary>
    public static double CohensH(double first, double second) => 2 * (Math.Asin(Math.Sqrt(first)) - Math.Asin(Math.Sqrt(second)));

    /// <summary>Two-sided power, the far tail included, of comparing two shares of <paramref name="perGroup"/> items each.</summary>
    public static double TwoGroups(double h, double perGroup, double alpha = .05)
    {
        double z = Quantile(1 - (alpha / 2)), shift = Math.Abs(h) * Math.Sqrt(perGroup / 2);
        return 1 - Normal.CDF(0, 1, z - shift) + Normal.CDF(0, 1, -z - shift);
    }

    /// <summary>Items a group that reach the power; not rounded.</summary>
    public static double TwoGroupsSize(double h, double power = .8, double alpha = .05)
    {
        double low = 0, high = 1;
        while (TwoGroups(h, high, alpha) < power)
        {
            high *= 2;
        }

        // Halving to the last bit.
        while (low + ((high - low) / 2) is var middle && middle > low && middle < high)
        {
            (low, high) = TwoGroups(h, middle, alpha) < power ? (middle, high) : (low, middle);
        }

        return high;
    }

    private static double Quantile(double p) => Normal.InvCDF(0, 1, p);
}
