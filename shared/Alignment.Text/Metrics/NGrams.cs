namespace Alignment.Text.Metrics;

/// <summary>Counts of runs of n tokens.</summary>
internal static class NGrams
{
    private const char Between = '\u0001';

    public static Dictionary<string, int> Of(IReadOnlyList<string> tokens, int n)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i + n <= tokens.Count; i++)
        {
            var gram = string.Join(Between, tokens.Skip(i).Take(n));
            counts[gram] = counts.GetValueOrDefault(gram) + 1;
        }

        return counts;
    }

    /// <summary>Σ min of both counts.</summary>
    public static int Common(Dictionary<string, int> a, Dictionary<string, int> b) => a.Sum(g => Math.Min(g.Value, b.GetValueOrDefault(g.Key)));

    public static string[] Words(string text) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
}
