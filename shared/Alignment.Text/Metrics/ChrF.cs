namespace Alignment.Text.Metrics;

/// <summary>
/// chrF (Popović 2015) as sacrebleu 2 counts it: F₂ of the mean precision and recall of character 1- to 6-grams without blanks; chrF++ adds word 1- and
/// 2-grams. Of several references the best counts. 0 … 100.
/// </summary>
public static class ChrF
{
    private const int CharacterOrders = 6;
    private const double Beta = 2;
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <param name="wordOrders">0 for chrF, 2 for chrF++.</param>
    public static double Of(IReadOnlyList<(string Hypothesis, IReadOnlyList<string> References)> texts, int wordOrders = 0)
    {
        var sums = new (int Own, int Theirs, int Common)[CharacterOrders + wordOrders];
        foreach (var (hypothesis, references) in texts)
        {
            var own = Grams(hypothesis, wordOrders);
            var best = references.Select(r => Matches(own, Grams(r, wordOrders))).MaxBy(Score)!;
            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] = (sums[i].Own + best[i].Own, sums[i].Theirs + best[i].Theirs, sums[i].Common + best[i].Common);
            }
        }

        return Score(sums);
    }

    private static Dictionary<string, int>[] Grams(string text, int wordOrders)
    {
        var characters = string.Concat(NGrams.Words(text)).EnumerateRunes().Select(r => r.ToString()).ToList();
        var words = NGrams.Words(text).SelectMany(Parts).ToList();
        return [.. Enumerable.Range(1, CharacterOrders).Select(n => NGrams.Of(characters, n)), .. Enumerable.Range(1, wordOrders).Select(n => NGrams.Of(words, n))];
    }

    /// <summary>A mark at the end, or else at the beginning, is a word of its own.</summary>
    private static string[] Parts(string word) => word.Length == 1 ? [word]
        : Punctuation.Contains(word[^1], StringComparison.Ordinal) ? [word[..^1], word[^1..]] : Punctuation.Contains(word[0], StringComparison.Ordinal) ? [word[..1], word[1..]] : [word];

    private static (int Own, int Theirs, int Common)[] Matches(Dictionary<string, int>[] own, Dictionary<string, int>[] theirs) =>
        [.. own.Zip(theirs, (a, b) => (b.Count > 0 ? a.Values.Sum() : 0, b.Values.Sum(), NGrams.Common(a, b)))];

    private static double Score((int Own, int Theirs, int Common)[] orders)
    {
        var real = orders.Where(o => o.Own > 0 && o.Theirs > 0).ToList();
        if (real.Count == 0)
        {
            return 0;
        }

        double precision = real.Average(o => o.Common / (double)o.Own), recall = real.Average(o => o.Common / (double)o.Theirs);
        return precision + recall == 0 ? 0 : 100 * (1 + (Beta * Beta)) * precision * recall / ((Beta * Beta * precision) + recall);
    }
}
