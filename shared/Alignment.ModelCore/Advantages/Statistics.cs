namespace Alignment.ModelCore.Advantages;

/// <summary>Sums over plain numbers; NaN marks a reward that a function did not give.</summary>
internal static class Statistics
{
    internal static double NanMean(IEnumerable<double> values)
    {
        var valid = values.Where(x => !double.IsNaN(x)).ToList();
        return valid.Count == 0 ? double.NaN : valid.Average();
    }

    /// <summary>Bessel-corrected, over what is not NaN; NaN for fewer than two.</summary>
    internal static double NanStd(IEnumerable<double> values)
    {
        var valid = values.Where(x => !double.IsNaN(x)).ToList();
        if (valid.Count < 2)
        {
            return double.NaN;
        }

        var mean = valid.Average();
        return Math.Sqrt(valid.Sum(x => (x - mean) * (x - mean)) / (valid.Count - 1));
    }

    /// <summary>Positions by group id, in order of first appearance.</summary>
    internal static IReadOnlyList<int[]> Groups(IReadOnlyList<int> index) =>
        [.. Enumerable.Range(0, index.Count).GroupBy(i => index[i]).Select(g => g.ToArray())];

    internal static int[] Consecutive(int rows, int groupSize) => [.. Enumerable.Range(0, rows).Select(i => i / groupSize)];
}
