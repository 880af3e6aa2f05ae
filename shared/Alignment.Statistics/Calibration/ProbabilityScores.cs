namespace Alignment.Statistics.Calibration;

/// <summary>Proper scores of predicted probabilities; smaller is better.</summary>
public static class ProbabilityScores
{
    /// <summary>Mean (p − y)².</summary>
    public static double Brier(IReadOnlyList<double> probability, IReadOnlyList<bool> happened) => probability.Zip(happened, (p, y) => (p - (y ? 1 : 0)) * (p - (y ? 1 : 0))).Average();

    /// <summary>Mean over rows of Σ over classes of (p − onehot)².</summary>
    public static double Brier(IReadOnlyList<IReadOnlyList<double>> probability, IReadOnlyList<int> labels) =>
        probability.Select((row, i) => row.Select((p, k) => (p - (k == labels[i] ? 1 : 0)) * (p - (k == labels[i] ? 1 : 0))).Sum()).Average();

    /// <summary>Mean −log of the probability given to what happened.</summary>
    public static double LogLoss(IReadOnlyList<double> probability, IReadOnlyList<bool> happened) => probability.Zip(happened, (p, y) => -Math.Log(y ? p : 1 - p)).Average();
}
