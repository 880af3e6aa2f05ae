using Alignment.Text.Tokenization.Patterns;
using static System.Globalization.UnicodeCategory;

namespace Alignment.Text.Tokenization.Normalizers;

/// <summary>BERT's clean-up: control characters, blanks around Chinese characters, accents, case.</summary>
internal sealed class BertNormalizer(bool cleanText, bool handleChinese, bool stripAccents, bool lowercase) : INormalizer
{
    public Piece Normalize(Piece piece)
    {
        if (cleanText)
        {
            piece = piece.Filter(c => c is not (0 or 0xFFFD) && !IsControl(c)).Map(c => CharProperties.IsSpace(c) ? ' ' : c);
        }

        if (handleChinese)
        {
            piece = Isolate(piece);
        }

        if (stripAccents)
        {
            piece = TextNormalizers.Unicode(piece, compatibility: false, compose: false).Filter(c => CharProperties.Category(c) != NonSpacingMark);
        }

        return lowercase ? TextNormalizers.Lowercase(piece) : piece;
    }

    private static Piece Isolate(Piece piece)
    {
        var changes = new List<(int, int)>(piece.Length);
        var any = false;
        foreach (var c in piece.Chars)
        {
            if (IsChinese(c))
            {
                any = true;
                changes.AddRange([(' ', 0), (c, 1), (' ', 1)]);
            }
            else
            {
                changes.Add((c, 0));
            }
        }

        return any ? piece.Transform(changes) : piece;
    }

    // Unassigned code points stay.
    private static bool IsControl(int c) => c is not ('\t' or '\n' or '\r') && CharProperties.Category(c) is (Control or Format or PrivateUse);

    private static bool IsChinese(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
