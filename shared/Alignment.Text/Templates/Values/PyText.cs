using System.Globalization;
using System.Text;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's view of text: indexes count code points, classes and cases are Unicode's.</summary>
internal static class PyText
{
    /// <summary>True if every code point is one UTF-16 unit, so that indexes agree.</summary>
    public static bool IsFlat(string s) => s.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0;

    public static int Length(string s) => Length(s.AsSpan());

    public static int Length(ReadOnlySpan<char> s)
    {
        var pairs = 0;
        for (var i = s.IndexOfAnyInRange('\uD800', '\uDBFF'); i >= 0 && i < s.Length; i++)
        {
            if (char.IsHighSurrogate(s[i]) && i + 1 < s.Length && char.IsLowSurrogate(s[i + 1]))
            {
                pairs++;
            }
        }

        return s.Length - pairs;
    }

    /// <summary>Code points; a lone surrogate counts as itself.</summary>
    public static int[] CodePoints(string s)
    {
        var points = new int[Length(s)];
        for (int i = 0, n = 0; i < s.Length; n++)
        {
            points[n] = At(s, i, out var used);
            i += used;
        }

        return points;
    }

    public static int At(string s, int i, out int used)
    {
        used = char.IsHighSurrogate(s[i]) && i + 1 < s.Length && char.IsLowSurrogate(s[i + 1]) ? 2 : 1;
        return used == 2 ? char.ConvertToUtf32(s[i], s[i + 1]) : s[i];
    }

    public static void Append(StringBuilder to, int codePoint)
    {
        if (codePoint > 0xFFFF)
        {
            to.Append((char)(0xD800 + ((codePoint - 0x10000) >> 10))).Append((char)(0xDC00 + ((codePoint - 0x10000) & 0x3FF)));
        }
        else
        {
            to.Append((char)codePoint);
        }
    }

    public static string FromCodePoint(int codePoint) => codePoint > 0xFFFF ? char.ConvertFromUtf32(codePoint) : ((char)codePoint).ToString();

    public static string FromCodePoints(IEnumerable<int> points)
    {
        var text = new StringBuilder();
        foreach (var p in points)
        {
            Append(text, p);
        }

        return text.ToString();
    }

    /// <summary>UTF-16 offset of a code point index.</summary>
    public static int Offset(string s, long index)
    {
        if (IsFlat(s))
        {
            return (int)Math.Min(index, s.Length);
        }

        var i = 0;
        for (; index > 0 && i < s.Length; index--)
        {
            At(s, i, out var used);
            i += used;
        }

        return i;
    }

    public static bool IsSpace(int c) => c is >= 0x09 and <= 0x0D or >= 0x1C and <= 0x20 or 0x85 or 0xA0
        || (c > 0xFF && c < 0x10000 && char.IsWhiteSpace((char)c));

    /// <summary>strip, lstrip, rstrip; <paramref name="chars"/> null means white space.</summary>
    public static string Strip(string s, string? chars, bool left, bool right)
    {
        var set = chars is null ? null : new HashSet<int>(CodePoints(chars));
        bool Drop(int c) => set is null ? IsSpace(c) : set.Contains(c);
        var begin = 0;
        var end = s.Length;
        while (left && begin < end && Drop(At(s, begin, out var used)))
        {
            begin += used;
        }

        while (right && end > begin)
        {
            var wide = end - begin >= 2 && char.IsLowSurrogate(s[end - 1]) && char.IsHighSurrogate(s[end - 2]);
            var at = wide ? end - 2 : end - 1;
            if (!Drop(At(s, at, out _)))
            {
                break;
            }

            end = at;
        }

        return s[begin..end];
    }

    public static UnicodeCategory Category(int c) => CharUnicodeInfo.GetUnicodeCategory(c);

    public static bool IsLetter(int c) => Category(c) <= UnicodeCategory.OtherLetter;

    public static bool IsDecimal(int c) => Category(c) == UnicodeCategory.DecimalDigitNumber;

    public static bool IsDigit(int c) => IsDecimal(c) || (Category(c) == UnicodeCategory.OtherNumber && CharUnicodeInfo.GetDigitValue(FromCodePoint(c), 0) >= 0);

    public static bool IsNumeric(int c) => CharUnicodeInfo.GetNumericValue(FromCodePoint(c), 0) >= 0
        || Category(c) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    public static bool IsAlphanumeric(int c) => IsLetter(c) || IsNumeric(c);

    /// <summary>The regular expression class <c>\w</c>.</summary>
    public static bool IsWord(int c) => c == '_' || IsAlphanumeric(c);

    public static bool IsPrintable(int c) => c == ' ' || Category(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    public static bool IsIdentifier(string s)
    {
        for (var i = 0; i < s.Length;)
        {
            var c = At(s, i, out var used);
            var category = Category(c);
            var start = c == '_' || category <= UnicodeCategory.OtherLetter || category == UnicodeCategory.LetterNumber;
            if (!start && (i == 0 || category is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation) && c != 0xB7))
            {
                return false;
            }

            i += used;
        }

        return s.Length > 0;
    }

    /// <summary>Order by code points, which UTF-16 order is not beyond U+D7FF.</summary>
    public static int Compare(string a, string b)
    {
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            if (a[i] != b[i])
            {
                var (x, y) = (a[i], b[i]);
                var (sx, sy) = (char.IsSurrogate(x), char.IsSurrogate(y));
                return sx != sy ? (sx ? (y >= 0xE000 ? 1 : x - y) : (x >= 0xE000 ? -1 : x - y)) : x - y;
            }
        }

        return a.Length - b.Length;
    }
}
