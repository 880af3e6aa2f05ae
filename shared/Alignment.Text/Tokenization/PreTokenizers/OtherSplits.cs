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
