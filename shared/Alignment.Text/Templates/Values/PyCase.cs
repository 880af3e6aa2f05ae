using System.Globalization;
using System.Text;

namespace Alignment.Text.Templates.Values;

/// <summary>upper, lower, title, capitalize, swapcase, casefold with Unicode's full mappings.</summary>
internal static class PyCase
{
    public static string Upper(string s) => IsAscii(s) ? s.ToUpperInvariant() : Map(s, UpperOf);

    public static string Lower(string s)
    {
        if (IsAscii(s))
        {
            return s.ToLowerInvariant();
        }

        var points = PyText.CodePoints(s);
        var text = new StringBuilder();
        for (var i = 0; i < points.Length; i++)
        {
            LowerInto(text, points, i);
        }

        return text.ToString();
    }

    public static string Fold(string s) => IsAscii(s) ? s.ToLowerInvariant()
        : Map(s, (t, c) => t.Append(SpecialCasing.Fold.TryGetValue(c, out var f) ? f : c is >= 0x13A0 and <= 0x13F5 ? PyText.FromCodePoint(c)
            : c is >= 0xAB70 and <= 0xABBF ? PyText.FromCodePoint(c - 0xAB70 + 0x13A0) : c is >= 0x13F8 and <= 0x13FD ? PyText.FromCodePoint(c - 8) : LowerOf(c)));

    public static string Capitalize(string s)
    {
        var points = PyText.CodePoints(s);
        var text = new StringBuilder();
        for (var i = 0; i < points.Length; i++)
        {
            if (i == 0)
            {
                TitleOf(text, points[i]);
            }
            else
            {
                LowerInto(text, points, i);
            }
        }

        return text.ToString();
    }

    /// <summary>Python's <c>str.title</c>: each run of cased characters is a word.</summary>
    public static string Title(string s)
    {
        var points = PyText.CodePoints(s);
        var text = new StringBuilder();
        var inWord = false;
        for (var i = 0; i < points.Length; i++)
        {
            if (inWord)
            {
                LowerInto(text, points, i);
            }
            else
            {
                TitleOf(text, points[i]);
            }

            inWord = IsCased(points[i]);
        }

        return text.ToString();
    }

    public static string Swap(string s)
    {
        var points = PyText.CodePoints(s);
        var text = new StringBuilder();
        for (var i = 0; i < points.Length; i++)
        {
            if (IsUpper(points[i]))
            {
                LowerInto(text, points, i);
            }
            else if (IsLower(points[i]))
            {
                UpperOf(text, points[i]);
            }
            else
            {
                PyText.Append(text, points[i]);
            }
        }

        return text.ToString();
    }

    public static bool IsUpper(int c) => PyText.Category(c) == UnicodeCategory.UppercaseLetter || c is >= 0x2160 and <= 0x216F or >= 0x24B6 and <= 0x24CF
        or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189;

    public static bool IsLower(int c) => PyText.Category(c) == UnicodeCategory.LowercaseLetter || c is 0xAA or 0xBA or >= 0x2170 and <= 0x217F or >= 0x24D0 and <= 0x24E9
        or >= 0x2B0 and <= 0x2B8 or 0x2C0 or 0x2C1 or >= 0x2E0 and <= 0x2E4 or 0x37A or >= 0x1D2C and <= 0x1D6A or 0x1D78 or >= 0x1D9B and <= 0x1DBF
        or 0x2071 or 0x207F or >= 0x2090 and <= 0x209C;

    public static bool IsTitle(int c) => PyText.Category(c) == UnicodeCategory.TitlecaseLetter;

    public static bool IsCased(int c) => IsUpper(c) || IsLower(c) || IsTitle(c);

    private static bool IsAscii(string s) => System.Text.Ascii.IsValid(s);

    private static string Map(string s, Action<StringBuilder, int> map)
    {
        var text = new StringBuilder(s.Length);
        foreach (var c in PyText.CodePoints(s))
        {
            map(text, c);
        }

        return text.ToString();
    }

    private static void UpperOf(StringBuilder text, int c)
    {
        if (SpecialCasing.Upper.TryGetValue(c, out var many))
        {
            text.Append(many);
        }
        else
        {
            text.Append(char.IsSurrogate((char)c) && c < 0x10000 ? PyText.FromCodePoint(c) : PyText.FromCodePoint(c).ToUpperInvariant());
        }
    }

    private static void TitleOf(StringBuilder text, int c)
    {
        if (SpecialCasing.Title.TryGetValue(c, out var title))
        {
            text.Append(title);
        }
        else
        {
            UpperOf(text, c);
        }
    }

    private static string LowerOf(int c) => c == 0x130 ? "i\u0307" : PyText.FromCodePoint(c).ToLowerInvariant();

    /// <summary>A capital sigma that ends a word becomes ς.</summary>
    private static void LowerInto(StringBuilder text, int[] points, int i)
    {
        if (points[i] != 0x3A3)
        {
            text.Append(LowerOf(points[i]));
            return;
        }

        var before = i - 1;
        while (before >= 0 && IsCaseIgnorable(points[before]))
        {
            before--;
        }

        var after = i + 1;
        while (after < points.Length && IsCaseIgnorable(points[after]))
        {
            after++;
        }

        var final = before >= 0 && IsCased(points[before]) && (after >= points.Length || !IsCased(points[after]));
        text.Append(final ? '\u03C2' : '\u03C3');
    }

    private static bool IsCaseIgnorable(int c) => c is '\'' or '.' or ':' or '^' or '`' or 0xA8 or 0xAD or 0xAF or 0xB4 or 0xB7 or 0xB8 or 0x2018 or 0x2019
        || PyText.Category(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;
}
