namespace Alignment.Statistics.Agreement;

/// <summary>
/// Krippendorff's alpha, α = 1 − D_o/D_e (Krippendorff 2011): agreement of any number of raters, with gaps.
/// </summary>
public static class KrippendorffAlpha
{
    /// <summary>
    /// Alpha of a raters × items matrix; null marks a rating that was not given. Items with fewer than two ratings do not
    /// count. Null when undefined: no pairable ratings, or only one value in all of them (no disagreement was possible).
    /// </summary>
    public static double? Compute(IReadOnlyList<IReadOnlyList<double?>> ratings, RatingDistance distance)
    {
        var items = ratings.Count == 0 ? 0 : ratings.Max(r => r.Count);
        return OfItems([.. Enumerable.Range(0, items).Select(i => ratings.Where(r => i < r.Count && r[i] is not null).Select(r => r[i]!.Value).ToArray())], distance);
    }

    /// <summary>Alpha where each entry lists the ratings one item received, whoever gave them.</summary>
    public static double? OfItems(IReadOnlyList<IReadOnlyList<double>> items, RatingDistance distance)
    {
        var pairable = items.Where(x => x.Count > 1).ToList();
        double[] values = [.. pairable.SelectMany(x => x).Distinct().Order()];
        if (values.Length < 2)
        {
            return null;
        }

        var coincidences = Coincidences(pairable, values);
        var totals = new double[values.Length];
        for (var c = 0; c < values.Length; c++)
        {
            for (var k = 0; k < values.Length; k++)
            {
                totals[c] += coincidences[c, k];
            }
        }

        var n = totals.Sum();
        double observed = 0, expected = 0;
        for (var c = 0; c < values.Length; c++)
        {
            for (var k = 0; k < values.Length; k++)
            {
                var delta = SquaredDistance(values, totals, c, k, distance);
                observed += coincidences[c, k] * delta;
                expected += totals[c] * totals[k] * delta / (n - 1);
            }
        }

        return expected == 0 ? null : 1 - (observed / expected);
    }

    // o_ck = Σ over items of the ordered c–k pairs in the item / (ratings − 1).
    private static double[,] Coincidences(List<IReadOnlyList<double>> items, double[] values)
    {
        var o = new double[values.Length, values.Length];
        foreach (var item in items)
        {
            var index = item.Select(v => Array.BinarySearch(values, v)).ToArray();
            for (var i = 0; i < index.Length; i++)
            {
                for (var j = 0; j < index.Length; j++)
                {
                    o[index[i], index[j]] += i == j ? 0 : 1.0 / (index.Length - 1);
                }
            }
        }

        return o;
    }

    private static double SquaredDistance(double[] values, double[] totals, int c, int k, RatingDistance distance)
    {
        if (c == k)
        {
            return 0;
        }

        var d = distance switch
        {
            RatingDistance.Nominal => 1,
            RatingDistance.Interval => values[c] - values[k],
            RatingDistance.Ratio => values[c] + values[k] == 0 ? 0 : (values[c] - values[k]) / (values[c] + values[k]),
            RatingDistance.Ordinal => totals[Math.Min(c, k)..(Math.Max(c, k) + 1)].Sum() - ((totals[c] + totals[k]) / 2),
            _ => throw new ArgumentOutOfRangeException(nameof(distance), distance, null),
        };
        return d * d;
    }
}
