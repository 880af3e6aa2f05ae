using Alignment.Text.Tokenization.Unicode;

namespace Alignment.Text.Tokenization.Trainers;

/// <summary>Which substrings SentencePiece accepts as pieces, and how it cuts sentences into words.</summary>
internal sealed record SentencePieceRules
{
    public const int Blank = '▁';

    /// <summary>Stands in a sentence for a character that may not become a piece.</summary>
    public const int Unknown = 0x2585;

    public int MaxPieceLength { get; init; } = 16;

    public bool SplitByWhitespace { get; init; } = true;

    public bool SplitByUnicodeScript { get; init; } = true;

    public bool SplitByNumber { get; init; } = true;

    public bool SplitDigits { get; init; }

    /// <summary>Visible blanks end a word instead of beginning it.</summary>
    public bool BlankIsSuffix { get; init; }

    /// <summary>Runs of blanks may be pieces.</summary>
    public bool AllowBlankPieces { get; init; }

    /// <summary>Words of a sentence with their blanks; the sentence itself where words are not split.</summary>
    public IEnumerable<int[]> Words(int[] sentence)
    {
        var start = 0;
        for (var i = 1; SplitByWhitespace && i < sentence.Length; i++)
        {
            if (Cuts(sentence[i - 1], sentence[i]))
            {
                yield return sentence[start..i];
                start = i;
            }
        }

        if (start < sentence.Length)
        {
            yield return sentence[start..];
        }
    }

    /// <summary>Distinct words, the most frequent first, then by code points.</summary>
    public List<(int[] Word, long Count)> WordCounts(IEnumerable<int[]> sentences)
    {
        var counts = new Dictionary<string, (int[] Word, long Count)>(StringComparer.Ordinal);
        foreach (var word in sentences.SelectMany(Words))
        {
            var key = CodePoints.ToText(word);
            counts[key] = (word, counts.GetValueOrDefault(key).Count + 1);
        }

        return [.. counts.Values.OrderByDescending(w => w.Count).ThenBy(w => w.Word, UnigramSeeds.Lexical)];
    }

    public bool IsValid(int[] piece)
    {
        if (piece.Length == 0 || piece.Length > MaxPieceLength)
        {
            return false;
        }

        string? previous = null;
        var blanks = AllowBlankPieces && piece.All(c => c == Blank);
        for (var i = 0; i < piece.Length; i++)
        {
            var c = piece[i];
            if (c is ' ' or Unknown or 0 || (c == Blank && !blanks && !BlankMayStand(i, piece.Length)) || (SplitDigits && IsDigit(c) && piece.Length > 1))
            {
                return false;
            }

            if (c != Blank)
            {
                var script = !SplitByNumber && IsDigit(c) ? null : ScriptOf(c, previous);
                if (SplitByUnicodeScript && script is not null && previous is not null && script != previous)
                {
                    return false;
                }

                previous = script;
            }
        }

        return true;
    }

    private bool Cuts(int left, int right) => (BlankIsSuffix, AllowBlankPieces) switch
    {
        (false, false) => right == Blank,
        (false, true) => right == Blank && left != Blank,
        (true, false) => left == Blank,
        (true, true) => left == Blank && right != Blank,
    };

    // In front (or at the end, as a suffix); in the middle too where words are not cut at blanks.
    private bool BlankMayStand(int at, int length) => BlankIsSuffix
        ? at == length - 1 || (!SplitByWhitespace && at > 0)
        : at == 0 || (!SplitByWhitespace && at < length - 1);

    private static bool IsDigit(int c) => c is (>= '0' and <= '9') or (>= 0xFF10 and <= 0xFF19);

    private static string? ScriptOf(int c, string? previous) => c == 0x30FC ? "Han" : Scripts.Of(c) switch
    {
        "Hiragana" or "Katakana" => "Han",
        "Inherited" => previous,
        var s => s,
    };
}
