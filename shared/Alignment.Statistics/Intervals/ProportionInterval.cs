using MathNet.Numerics.Distributions;

namespace Alignment.Statistics.Intervals;

/// <summary>Confidence intervals of a share.</summary>
public static class ProportionInterval
{
    /// <summary>
    /// Wilson (1927), without continuity correction: (p̂ + z²/2n ± z√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n).
    /// <paramref name="successes"/> may be fractional (a tie as half a win). With no trials the interval is [0, 1].
    /// </summary>
    public static Interval Wilson(double successes, double trials, double confidence = 0.95)
    {
        if (trials <= 0)
        {
            return new(0, 1);
        }

        var z = Normal.InvCDF(0, 1, 1 - ((1 - confidence) / 2));
        var p = successes / trials;
        var centre = p + (z * z / (2 * trials));
        var half = z * Math.Sqrt((p * (1 - p) / trials) + (z * z / (4 * trials * trials)));
        var scale = 1 + (z * z / trials);
        return new(Math.Max(0, (centre - half) / scale), Math.Min(1, (centre + half) / scale));
    }

    /// <summary>Clopper–Pearson (1934): exact, by quantiles of the beta distribution; 0 and 1 at the ends.</summary>
    public static Interval ClopperPearson(int successes, int trials, double confidence = 0.95)
    {
        var tail = (1 - confidence) / 2;
        return new(
            successes == 0 ? 0 : Beta.InvCDF(successes, trials - successes + 1, tail),
            successes == trials ? 1 : Beta.InvCDF(successes + 1, trials - successes, 1 - tail));
    }
}
