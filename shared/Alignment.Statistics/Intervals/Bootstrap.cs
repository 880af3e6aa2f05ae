using MathNet.Numerics.Distributions;

namespace Alignment.Statistics.Intervals;

/// <summary>The bootstrap distribution of a statistic and the intervals read from it (Efron and Tibshirani 1993).</summary>
/// <param name="Estimate">The statistic of the sample itself.</param>
/// <param name="Distribution">The statistic of every resample, ascending.</param>
/// <param name="BiasCorrection">z₀ = Φ⁻¹((#(θ* &lt; θ̂) + #(θ* ≤ θ̂)) / 2B).</param>
/// <param name="Acceleration">Σd³ / (6 (Σd²)^1.5), d = mean of the jackknife values − jackknife value.</param>
public sealed record BootstrapResult(double Estimate, IReadOnlyList<double> Distribution, double BiasCorrection, double Acceleration)
{
    public double StandardError => Descriptive.StandardDeviation(Distribution);

    /// <summary>Quantiles of the distribution.</summary>
    public Interval Percentile(double confidence = 0.95) => Between((1 - confidence) / 2, 1 - ((1 - confidence) / 2));

    /// <summary>2θ̂ minus the opposite percentile.</summary>
    public Interval Basic(double confidence = 0.95)
    {
        var p = Percentile(confidence);
        return new((2 * Estimate) - p.High, (2 * Estimate) - p.Low);
    }

    /// <summary>Bias-corrected and accelerated: quantiles at Φ(z₀ + (z₀+z_q)/(1 − a(z₀+z_q))). A constant sample gives a point.</summary>
    public Interval BiasCorrectedAccelerated(double confidence = 0.95)
    {
        if (Distribution[0].Equals(Distribution[^1]))
        {
            return new(Distribution[0], Distribution[0]);
        }

        double End(double q)
        {
            var z = BiasCorrection + Normal.InvCDF(0, 1, q);
            return Normal.CDF(0, 1, BiasCorrection + (z / (1 - (Acceleration * z))));
        }

        return Between(End((1 - confidence) / 2), End(1 - ((1 - confidence) / 2)));
    }

    private Interval Between(double low, double high) => new(Descriptive.Quantile(Distribution, low), Descriptive.Quantile(Distribution, high));
}

/// <summary>Resampling with replacement.</summary>
public static class Bootstrap
{
    /// <summary>
    /// Resamples <paramref name="sample"/> with a seeded generator of its own, so that the same seed gives the same interval
    /// on every machine. To bootstrap by cluster, let an item be a cluster.
    /// </summary>
    public static BootstrapResult Run<T>(IReadOnlyList<T> sample, Func<IReadOnlyList<T>, double> statistic, int resamples = 10_000, ulong seed = 0)
    {
        var random = new SplitMix64(seed);
        return Run(sample, statistic, Enumerable.Range(0, resamples).Select(_ => random.Indices(sample.Count)));
    }

    /// <summary>Uses the index draws given, one list a resample.</summary>
    public static BootstrapResult Run<T>(IReadOnlyList<T> sample, Func<IReadOnlyList<T>, double> statistic, IEnumerable<IReadOnlyList<int>> indices)
    {
        if (sample.Count == 0)
        {
            throw new ArgumentException("The bootstrap needs at least one value.", nameof(sample));
        }

        var estimate = statistic(sample);
        double[] distribution = [.. indices.Select(draw => statistic([.. draw.Select(i => sample[i])])).Order()];
        var below = distribution.Count(v => v < estimate) + distribution.Count(v => v <= estimate);
        var z0 = Normal.InvCDF(0, 1, below / (2.0 * distribution.Length));
        return new(estimate, distribution, z0, Acceleration(sample, statistic));
    }

    private static double Acceleration<T>(IReadOnlyList<T> sample, Func<IReadOnlyList<T>, double> statistic)
    {
        if (sample.Count < 2)
        {
            return 0;
        }

        double[] jackknife = [.. Enumerable.Range(0, sample.Count).Select(i => statistic([.. sample.Where((_, j) => j != i)]))];
        var mean = Descriptive.Mean(jackknife);
        var squares = jackknife.Sum(v => (mean - v) * (mean - v));
        return squares == 0 ? 0 : jackknife.Sum(v => Math.Pow(mean - v, 3)) / (6 * Math.Pow(squares, 1.5));
    }
}
