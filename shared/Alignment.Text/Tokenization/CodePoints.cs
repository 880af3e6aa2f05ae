using System.Text;

namespace Alignment.Text.Tokenization;

/// <summary>Text as an array of code points; a lone surrogate becomes U+FFFD.</summary>
internal static class CodePoints
{
    public static int[] Of(ReadOnlySpan<char> text)
    {
        var result = new int[text.Length];
        var n = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!char.IsSurrogate(c))
            {
                result[n++] = c;
            }
            else if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                result[n++] = char.ConvertToUtf32(c, text[++i]);
            }
            else
            {
                result[n++] = 0xFFFD;
            }
        }

        return n == result.Length ? result : result[..n];
    }

    public static string ToText(ReadOnlySpan<int> codePoints)
    {
        var b = new StringBuilder(codePoints.Length);
        foreach (var c in codePoints)
        {
            Append(b, c);
        }

        return b.ToString();
    }

    /// <summary>Writes UTF-16 units into a buffer of at least twice the length; returns how many.</summary>
    public static int ToUtf16(ReadOnlySpan<int> codePoints, Span<char> buffer)
    {
        var n = 0;
        foreach (var c in codePoints)
        {
            if (c < 0x10000)
            {
                buffer[n++] = (char)c;
            }
            else
            {
                buffer[n++] = (char)(0xD7C0 + (c >> 10));
                buffer[n++] = (char)(0xDC00 + (c & 0x3FF));
            }
        }

        return n;
    }

    public static void Append(StringBuilder b, int c)
    {
        if (c < 0x10000)
        {
            b.Append((char)c);
        }
        else
        {
            b.Append((char)(0xD7C0 + (c >> 10))).Append((char)(0xDC00 + (c & 0x3FF)));
        }
    }

    /// <summary>Length in UTF-8 bytes.</summary>
    public static int Utf8Length(int c) => c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}
