namespace Alignment.Statistics.Classification;

/// <summary>How well scores put positives before negatives.</summary>
public static class Ranking
{
    /// <summary>Area under the ROC curve: chance that a positive scores above a negative, ties half.</summary>
    public static double RocAuc(IReadOnlyList<bool> positive, IReadOnlyList<double> score)
    {
        double p = positive.Count(x => x), n = positive.Count - p;
        return (Descriptive.MidRanks(score).Where((_, i) => positive[i]).Sum() - (p * (p + 1) / 2)) / (p * n);
    }

    /// <summary>Σ (R_k − R_{k−1}) P_k over distinct thresholds, highest first.</summary>
    public static double AveragePrecision(IReadOnlyList<bool> positive, IReadOnlyList<double> score)
    {
        double all = positive.Count(x => x), hits = 0, seen = 0, sum = 0;
        foreach (var group in Enumerable.Range(0, score.Count).GroupBy(i => score[i]).OrderByDescending(g => g.Key))
        {
            double found = group.Count(i => positive[i]);
            hits += found;
            seen += group.Count();
            sum += found / all * (hits / seen);
        }

        return sum;
    }
}
