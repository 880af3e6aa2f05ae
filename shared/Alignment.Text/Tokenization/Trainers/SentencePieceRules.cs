using Alignment.Text.Tokenization.Unicode;

namespace Alignment.Text.Tokenization.Trainers;

/// <summary>Which substrings SentencePiece accepts as pieces, and how it cuts sentences into words.</summary>
internal sealed record SentencePieceRules
{
    private const int Blank = '▁';

    public bool SplitByWhitespace { get; init; } = true;

    public bool SplitByUnicodeScript { get; init; } = true;

    public bool SplitByNumber { get; init; } = true;

    public bool SplitDigits { get; init; }

    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Blanks become visible, one is put in front; nothing else changes (identity normalisation).</summary>
    public int[] Normalize(string text) => CodePoints.Of((AddDummyPrefix ? "▁" : "") + text.Replace(' ', '▁'));

    /// <summary>A word starts at every visible blank.</summary>
    public IEnumerable<int[]> Words(int[] sentence)
    {
        var start = 0;
        for (var i = 1; SplitByWhitespace && i < sentence.Length; i++)
        {
            if (sentence[i] == Blank)
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

    public bool IsValid(int[] text, int start, int length)
    {
        string? previous = null;
        for (var i = 0; i < length; i++)
        {
            var c = text[start + i];
            if (c is ' ' or 0x2585)
            {
                return false;
            }

            if (c == Blank)
            {
                // A visible blank only in front; in the middle too where words are not cut at blanks.
                if (i > 0 && (SplitByWhitespace || i == length - 1))
                {
                    return false;
                }

                continue;
            }

            var number = c is >= '0' and <= '9';
            if (SplitDigits && number && length > 1)
            {
                return false;
            }

            var script = !SplitByNumber && number ? null : ScriptOf(c, previous);
            if (SplitByUnicodeScript && script is not null && previous is not null && script != previous)
            {
                return false;
            }

            previous = script;
        }

        return true;
    }

    private static string? ScriptOf(int c, string? previous) => c == 0x30FC ? "Han" : Scripts.Of(c) switch
    {
        "Hiragana" or "Katakana" => "Han",
        "Inherited" => previous,
        var s => s,
    };
}
