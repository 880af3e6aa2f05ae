using System.Text;

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
    /// As SentencePiece: repeated substrings of the sentences that may be pieces. It looks for them among the UTF-8 bytes, where a substring
    /// counts only if different bytes follow it; one that also ends a sentence repeatedly counts for that once more.
    /// </summary>
    public static List<UnigramPiece> OfSentences(IReadOnlyList<(int[] Word, long Count)> sentences, SentencePieceRules rules, int size)
    {
        var (bytes, nodes) = RepeatedSubstrings.Find(sentences.Select(s => Utf8(s.Word)));
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var node in nodes)
        {
            var end = node.Start + node.Length;
            var cut = end - (bytes[end - 1] == 0 ? 1 : 0);
            if (!IsInside(bytes[node.Start]) && (end == bytes.Length || !IsInside(bytes[end])) && cut > node.Start && !bytes.AsSpan(node.Start, cut - node.Start).Contains(0))
            {
                var piece = Encoding.UTF8.GetString([.. bytes.AsSpan(node.Start, cut - node.Start).ToArray().Select(b => (byte)b)]);
                counts[piece] = counts.GetValueOrDefault(piece) + node.Count;
            }
        }

        var longer = counts.Select(c => new UnigramPiece(CodePoints.Of(c.Key), c.Value)).Where(p => p.Chars.Length > 1 && rules.IsValid(p.Chars))
            .Select(p => p with { Score = (float)p.Score * p.Chars.Length })
            .OrderByDescending(s => s.Score).ThenByDescending(s => Utf8(s.Chars).Length).ThenBy(s => s.Chars, Lexical);
        var seeds = Characters(sentences).Where(c => c.Chars[0] != SentencePieceRules.Unknown).OrderByDescending(c => c.Score).ThenBy(c => c.Chars[0]).ToList();
        seeds.AddRange(longer.Take(size));
        return LogProbabilities(seeds, singlePrecision: true);
    }

    /// <summary>By code points, which is the order of the UTF-8 bytes too.</summary>
    public static Comparer<int[]> Lexical { get; } = Comparer<int[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private static int[] Utf8(int[] chars) => [.. Encoding.UTF8.GetBytes(CodePoints.ToText(chars)).Select(b => (int)b)];

    // A byte within a character, not its first.
    private static bool IsInside(int b) => (b & 0xC0) == 0x80;

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
