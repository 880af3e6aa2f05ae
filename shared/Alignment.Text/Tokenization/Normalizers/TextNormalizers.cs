using Alignment.Text.Tokenization.Patterns;
using Alignment.Text.Tokenization.Unicode;

namespace Alignment.Text.Tokenization.Normalizers;

/// <summary>The normalisers of <c>tokenizer.json</c> files that are plain functions.</summary>
internal static class TextNormalizers
{
    public static Piece Unicode(Piece piece, bool compatibility, bool compose) =>
        Normalization.IsPlain(piece.Chars) ? piece : piece.Transform(Normalization.Apply(piece.Chars, compatibility, compose));

    public static Piece Lowercase(Piece piece)
    {
        var changes = new List<(int, int)>(piece.Length);
        foreach (var c in piece.Chars)
        {
            if (c == 0x130)
            {
                // The one character whose lower case is two.
                changes.Add(('i', 0));
                changes.Add((0x307, 1));
            }
            else
            {
                changes.Add((c < 0x80 ? c is >= 'A' and <= 'Z' ? c + 32 : c : System.Text.Rune.ToLowerInvariant(new(c)).Value, 0));
            }
        }

        return piece.Transform(changes);
    }

    public static Piece Strip(Piece piece, bool left, bool right)
    {
        var (from, to) = (0, piece.Length);
        var chars = piece.Chars;
        while (left && from < to && CharProperties.IsSpace(chars[from]))
        {
            from++;
        }

        while (right && to > from && CharProperties.IsSpace(chars[to - 1]))
        {
            to--;
        }

        return piece.Slice(from, to);
    }

    public static Piece Replace(Piece piece, Pattern pattern, int[] content)
    {
        var matches = new List<(int Start, int End)>();
        pattern.FindAll(piece.Chars, matches);
        return piece.Replace(matches, content);
    }

    /// <summary>The clean-up of Google's translation models: control characters go, odd blanks become blanks.</summary>
    public static Piece Nmt(Piece piece) => piece
        .Filter(c => c is not ((>= 1 and <= 8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F))
        .Map(c => c is 9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD ? ' ' : c);
}
