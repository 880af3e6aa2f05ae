namespace Alignment.Statistics.Classification;

/// <summary>Precision, recall and F1; 0 where a denominator is 0.</summary>
public readonly record struct ClassScores(double Precision, double Recall, double F1)
{
    internal static ClassScores Of(double hits, double predicted, double actual)
    {
        double precision = predicted == 0 ? 0 : hits / predicted, recall = actual == 0 ? 0 : hits / actual;
        return new(precision, recall, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall));
    }
}

/// <summary>A confusion matrix, rows true, columns predicted, and what is read from it.</summary>
public sealed class Confusion
{
    public Confusion(IReadOnlyList<int> truth, IReadOnlyList<int> predicted, int classes)
    {
        Counts = [.. Enumerable.Range(0, classes).Select(_ => new int[classes])];
        for (var i = 0; i < truth.Count; i++)
        {
            Counts[truth[i]][predicted[i]]++;
        }
    }

    public int[][] Counts { get; }

    public int[] Support => [.. Counts.Select(r => r.Sum())];

    public double Accuracy => Ratio(Range.Sum(c => Counts[c][c]), Total);

    /// <summary>Mean recall over the classes that occur in the truth.</summary>
    public double BalancedAccuracy => Range.Where(c => Counts[c].Sum() > 0).Average(c => Of(c).Recall);

    /// <summary>Matthews' correlation for any number of classes; 0 when undefined.</summary>
    public double MatthewsCorrelation
    {
        get
        {
            double n = Total, hits = Range.Sum(c => Counts[c][c]);
            double cross = Range.Sum(c => (double)Predicted(c) * Counts[c].Sum());
            var spread = Math.Sqrt((n * n) - Range.Sum(c => (double)Predicted(c) * Predicted(c))) * Math.Sqrt((n * n) - Range.Sum(c => (double)Counts[c].Sum() * Counts[c].Sum()));
            return Ratio((hits * n) - cross, spread);
        }
    }

    public ClassScores Micro => ClassScores.Of(Range.Sum(c => Counts[c][c]), Total, Total);

    /// <summary>Plain mean over all classes; absent ones count 0.</summary>
    public ClassScores Macro => Mean(Range, _ => 1);

    /// <summary>Mean over the classes that occur in truth or prediction.</summary>
    public ClassScores MacroOfSeen => Mean(Range.Where(c => Counts[c].Sum() + Predicted(c) > 0), _ => 1);

    /// <summary>Mean weighted by support.</summary>
    public ClassScores Weighted => Mean(Range, c => Counts[c].Sum());

    private IEnumerable<int> Range => Enumerable.Range(0, Counts.Length);

    private int Total => Counts.Sum(r => r.Sum());

    public ClassScores Of(int c) => ClassScores.Of(Counts[c][c], Predicted(c), Counts[c].Sum());

    private int Predicted(int c) => Counts.Sum(r => r[c]);

    private ClassScores Mean(IEnumerable<int> classes, Func<int, double> weight)
    {
        var all = classes.Select(c => (Scores: Of(c), Weight: weight(c))).ToList();
        double Average(Func<ClassScores, double> part) => Ratio(all.Sum(a => a.Weight * part(a.Scores)), all.Sum(a => a.Weight));
        return new(Average(s => s.Precision), Average(s => s.Recall), Average(s => s.F1));
    }

    private static double Ratio(double a, double b) => b == 0 ? 0 : a / b;
}
