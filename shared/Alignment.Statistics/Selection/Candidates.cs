namespace Alignment.Statistics.Selection;

/// <summary>Choosing among scored candidates. NaN never wins; equal scores keep their order.</summary>
public static class Candidates
{
    /// <summary>The first maximum, or null when every score is NaN.</summary>
    public static int? Best(IReadOnlyList<double> scores) => Extreme(scores, (a, b) => a > b);

    /// <summary>The first minimum, or null when every score is NaN.</summary>
    public static int? Worst(IReadOnlyList<double> scores) => Extreme(scores, (a, b) => a < b);

    /// <summary>The k best, best first; fewer where fewer are valid.</summary>
    public static int[] Top(IReadOnlyList<double> scores, int k) =>
        [.. Enumerable.Range(0, scores.Count).Where(i => !double.IsNaN(scores[i])).OrderByDescending(i => scores[i]).Take(k)];

    /// <summary>A preference pair (best, worst), or null when all valid scores are equal: such a pair teaches nothing.</summary>
    public static (int Best, int Worst)? Pair(IReadOnlyList<double> scores) =>
        Best(scores) is { } b && Worst(scores) is { } w && scores[b] > scores[w] ? (b, w) : null;

    private static int? Extreme(IReadOnlyList<double> scores, Func<double, double, bool> beats)
    {
        int? found = null;
        for (var i = 0; i < scores.Count; i++)
        {
            if (!double.IsNaN(scores[i]) && (found is null || beats(scores[i], scores[found.Value])))
            {
                found = i;
            }
        }

        return found;
    }
}
