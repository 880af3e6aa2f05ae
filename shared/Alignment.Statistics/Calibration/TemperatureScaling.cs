namespace Alignment.Statistics.Calibration;

/// <summary>One temperature that makes soft-max(logits/T) as likely as it can be (Guo et al. 2017).</summary>
public static class TemperatureScaling
{
    public static double[] SoftMax(IReadOnlyList<double> logits, double temperature = 1)
    {
        var most = logits.Max();
        double[] e = [.. logits.Select(x => Math.Exp((x - most) / temperature))];
        var sum = e.Sum();
        return [.. e.Select(x => x / sum)];
    }

    /// <summary>Mean −log p of the labels.</summary>
    public static double NegativeLogLikelihood(IReadOnlyList<IReadOnlyList<double>> logits, IReadOnlyList<int> labels, double temperature = 1) =>
        logits.Select((row, i) => -Math.Log(SoftMax(row, temperature)[labels[i]])).Average();

    /// <summary>
    /// The loss is convex in 1/T, so its derivative, mean of E[logit] − logit of the label, has one root: found by bisection.
    /// Infinite data quality (every label the arg-max) has none; the bound 1e-6 … 1e6 is returned then.
    /// </summary>
    public static double Fit(IReadOnlyList<IReadOnlyList<double>> logits, IReadOnlyList<int> labels)
    {
        double Slope(double inverse) => logits.Select((row, i) => SoftMax(row, 1 / inverse).Select((p, k) => p * row[k]).Sum() - row[labels[i]]).Average();
        double low = 1e-6, high = 1e6;
        for (var i = 0; i < 200 && high - low > 1e-15 * high; i++)
        {
            var middle = Math.Sqrt(low * high);
            (low, high) = Slope(middle) < 0 ? (middle, high) : (low, middle);
        }

        return 1 / Math.Sqrt(low * high);
    }
}
