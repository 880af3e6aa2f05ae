using Alignment.Text.Tokenization.Patterns;
using Alignment.Text.Tokenization.Unicode;

namespace Alignment.Text.Tokenization.PreTokenizers;

/// <summary>Runs of a fixed number of code points.</summary>
internal sealed class FixedLengthSplit(int length) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> result)
    {
        for (var at = 0; at < piece.Length; at += length)
        {
            result.Add(piece.Slice(at, Math.Min(at + length, piece.Length)));
        }
    }
}

/// <summary>Runs of word characters and runs of everything else that is not blank.</summary>
internal sealed class WordSplit : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> result)
    {
        for (var at = 0; at < piece.Length;)
        {
            var start = at;
            var kind = Kind(piece.Chars[at]);
            while (at < piece.Length && Kind(piece.Chars[at]) == kind)
            {
                at++;
            }

            if (kind != 0)
            {
                result.Add(piece.Slice(start, at));
            }
        }
    }

    private static int Kind(int c) => CharProperties.IsSpace(c) ? 0 : CharProperties.IsRustWord(c) ? 1 : 2;
}

/// <summary>Cuts where the script changes; Japanese scripts count as one, blanks belong to any.</summary>
internal sealed class ScriptSplit : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> result)
    {
        string? last = null;
        var start = -1;
        for (var i = 0; i < piece.Length; i++)
        {
            var script = ScriptOf(piece.Chars[i]);
            if (script != "Any" && last != "Any" && last != script)
            {
                if (start >= 0)
                {
                    result.Add(piece.Slice(start, i));
                }

                start = i;
            }

            last = script != "Any" ? script : last;
        }

        if (start >= 0)
        {
            result.Add(piece.Slice(start, piece.Length));
        }
    }

    private static string ScriptOf(int c) => c == 0x30FC ? "Han" : c == ' ' ? "Any" : Scripts.Of(c) switch
    {
        "Hiragana" or "Katakana" => "Han",
        var s => s,
    };
}
