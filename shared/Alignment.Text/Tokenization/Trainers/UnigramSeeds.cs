namespace Alignment.Text.Tokenization.Trainers;

/// <summary>The first vocabulary of unigram training: every character, and the substrings that repeat, scored by the characters they cover.</summary>
internal static class UnigramSeeds
{
    /// <summary>As the tokenizers library: repeated substrings of the distinct words.</summary>
    public static List<UnigramPiece> OfWords(IReadOnlyList<(int[] Word, long Count)> words, int maxLength, int size)
    {
        var (all, nodes) = RepeatedSubstrings.Find(words.Select(t => t.Word), maxLength);
        var longer = nodes.Where(n => !n.HasSeparator(all) && n.Length <= maxLength)
            .Select(n => new UnigramPiece(all[n.Start..(n.Start + n.Length)], (double)n.Count * n.Length))
            .OrderByDescending(s => s.Score).ThenByDescending(s => s.Chars, Lexical);
        var seeds = Characters(words).OrderByDescending(c => c.Score).ThenByDescending(c => c.Chars[0]).ToList();
        seeds.AddRange(longer.Take(Math.Max(0, size - seeds.Count)));
        return LogProbabilities(seeds, singlePrecision: false);
    }

    /// <summary>
    /// As SentencePiece: repeated substrings of the sentences that may be pieces.
    /// </summary>
    public static List<UnigramPiece> OfSentences(IReadOnlyList<(int[] Word, long Count)> sentences, SentencePieceRules rules, int size)
    {
        var (all, nodes) = RepeatedSubstrings.Find(sentences.Select(t => t.Word));
        var longer = nodes.Where(n => !n.HasSeparator(all) && n.Start + n.Length < all.Length && rules.IsValid(all[n.Start..(n.Start + n.Length)]))
            .Select(n => new UnigramPiece(all[n.Start..(n.Start + n.Length)], (double)n.Count * n.Length))
            .OrderByDescending(s => s.Score);
        var seeds = Characters(sentences).Where(c => c.Chars[0] != SentencePieceRules.Unknown).OrderByDescending(c => c.Score).ThenBy(c => c.Chars[0]).ToList();
        seeds.AddRange(longer.Take(size));
        return LogProbabilities(seeds, singlePrecision: true);
    }

    /// <summary>By code points, which is the order of the UTF-8 bytes too.</summary>
    public static Comparer<int[]> Lexical { get; } = Comparer<int[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private static IEnumerable<UnigramPiece> Characters(IReadOnlyList<(int[] Word, long Count)> texts)
    {
        var counts = new Dictionary<int, long>();
        foreach (var (text, count) in texts)
        {
            foreach (var c in text)
            {
                counts[c] = counts.GetValueOrDefault(c) + count;
            }
        }

        return counts.Where(c => c.Key != 0).Select(c => new UnigramPiece([c.Key], c.Value));
    }

    private static List<UnigramPiece> LogProbabilities(List<UnigramPiece> seeds, bool singlePrecision)
    {
        double Round(double value) => singlePrecision ? (float)value : value;
        var sum = 0.0;
        foreach (var s in seeds)
        {
            sum = Round(sum + Round(s.Score));
        }

        var logSum = Round(Math.Log(sum));
        return [.. seeds.Select(s => s with { Score = Round(Math.Log(Round(s.Score)) - logSum) })];
    }
}
