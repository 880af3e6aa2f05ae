namespace Alignment.Statistics.Hypotheses;

/// <summary>Corrections for asking several questions at once.</summary>
public enum MultiplicityCorrection
{
    Bonferroni,

    /// <summary>Step-down, controls the family-wise error always.</summary>
    Holm,

    /// <summary>Step-up, for independent tests.</summary>
    Hochberg,

    /// <summary>False discovery rate (1995).</summary>
    BenjaminiHochberg,

    /// <summary>False discovery rate under any dependence (2001).</summary>
    BenjaminiYekutieli,
}

/// <summary>Adjusted p-values: capped at 1 and monotone; reject where at most alpha.</summary>
public static class MultipleTesting
{
    public static double[] Adjust(IReadOnlyList<double> pValues, MultiplicityCorrection correction)
    {
        var n = pValues.Count;
        var order = Enumerable.Range(0, n).OrderBy(i => pValues[i]).ToArray();
        var harmonic = Enumerable.Range(1, n).Sum(i => 1.0 / i);
        double Factor(int rank) => correction switch
        {
            MultiplicityCorrection.Bonferroni => n,
            MultiplicityCorrection.Holm or MultiplicityCorrection.Hochberg => n - rank,
            MultiplicityCorrection.BenjaminiHochberg => n / (rank + 1.0),
            _ => harmonic * n / (rank + 1.0),
        };
        var raw = order.Select((i, rank) => pValues[i] * Factor(rank)).ToArray();
        for (var i = 1; i < n && correction == MultiplicityCorrection.Holm; i++)
        {
            raw[i] = Math.Max(raw[i], raw[i - 1]);
        }

        for (var i = n - 2; i >= 0 && correction is not (MultiplicityCorrection.Holm or MultiplicityCorrection.Bonferroni); i--)
        {
            raw[i] = Math.Min(raw[i], raw[i + 1]);
        }

        var adjusted = new double[n];
        for (var rank = 0; rank < n; rank++)
        {
            adjusted[order[rank]] = Math.Min(1, raw[rank]);
        }

        return adjusted;
    }
}
