namespace Alignment.Statistics.Calibration;

/// <summary>One bin of confidences; <paramref name="Index"/> from 0.</summary>
public readonly record struct CalibrationBin(int Index, int Count, double Accuracy, double Confidence)
{
    public double Gap => Math.Abs(Accuracy - Confidence);
}

/// <summary>Do answers given with confidence p turn out right in a share p of cases?</summary>
public static class CalibrationError
{
    /// <summary>Bins (b/B, (b+1)/B], confidence 0 in the first; empty bins are left out.</summary>
    public static IReadOnlyList<CalibrationBin> EqualWidth(IReadOnlyList<double> confidence, IReadOnlyList<bool> right, int bins) =>
        [.. Enumerable.Range(0, confidence.Count).GroupBy(i => Math.Clamp((int)Math.Ceiling(confidence[i] * bins) - 1, 0, bins - 1))
            .OrderBy(g => g.Key).Select(g => Bin(g.Key, [.. g], confidence, right))];

    /// <summary>Sorted by confidence and cut into parts whose sizes differ by at most one, larger first.</summary>
    public static IReadOnlyList<CalibrationBin> EqualMass(IReadOnlyList<double> confidence, IReadOnlyList<bool> right, int bins)
    {
        var order = Enumerable.Range(0, confidence.Count).OrderBy(i => confidence[i]).ToArray();
        var (size, larger) = Math.DivRem(order.Length, bins);
        var parts = new List<CalibrationBin>();
        for (int b = 0, at = 0; b < bins; b++)
        {
            var length = size + (b < larger ? 1 : 0);
            if (length > 0)
            {
                parts.Add(Bin(b, order[at..(at + length)], confidence, right));
            }

            at += length;
        }

        return parts;
    }

    /// <summary>ECE: gaps weighted by the bins' shares.</summary>
    public static double Expected(IReadOnlyList<CalibrationBin> bins) => bins.Sum(b => b.Gap * b.Count) / bins.Sum(b => b.Count);

    /// <summary>MCE: the largest gap.</summary>
    public static double Maximum(IReadOnlyList<CalibrationBin> bins) => bins.Max(b => b.Gap);

    private static CalibrationBin Bin(int index, int[] rows, IReadOnlyList<double> confidence, IReadOnlyList<bool> right) =>
        new(index, rows.Length, rows.Average(i => right[i] ? 1.0 : 0), rows.Average(i => confidence[i]));
}
