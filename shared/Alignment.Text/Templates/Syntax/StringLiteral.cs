using System.Globalization;
using System.Text;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>Escapes of string literals as Python's <c>unicode-escape</c> codec reads them, after ASCII with <c>backslashreplace</c>.</summary>
internal static class StringLiteral
{
    public static string Unescape(string body, int line, int column)
    {
        if (!body.Contains('\\', StringComparison.Ordinal))
        {
            return body;
        }

        var text = new StringBuilder();
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\')
            {
                text.Append(body[i]);
                continue;
            }

            i++;
            switch (body[i])
            {
                case '\n':
                    break;
                case '\\' or '\'' or '"':
                    text.Append(body[i]);
                    break;
                case 'a':
                    text.Append('\a');
                    break;
                case 'b':
                    text.Append('\b');
                    break;
                case 'f':
                    text.Append('\f');
                    break;
                case 'n':
                    text.Append('\n');
                    break;
                case 'r':
                    text.Append('\r');
                    break;
                case 't':
                    text.Append('\t');
                    break;
                case 'v':
                    text.Append('\v');
                    break;
                case >= '0' and <= '7':
                    i = Octal(body, i, text);
                    break;
                case 'x' or 'u' or 'U':
                    i = Hex(body, i, text, line, column);
                    break;
                case 'N':
                    throw TemplateException.Syntax(i + 1 < body.Length && body[i + 1] == '{' ? "unknown Unicode character name" : "malformed \\N character escape", line, column);
                case > '\x7F':
                    // backslashreplace has already spelled the character out, so the backslash meets "xe9", not "é".
                    var point = PyText.At(body, i, out var used);
                    i += used - 1;
                    text.Append('\\').Append(point < 0x100 ? $"x{point:x2}" : point < 0x10000 ? $"u{point:x4}" : $"U{point:x8}");
                    break;
                default:
                    text.Append('\\').Append(body[i]);
                    break;
            }
        }

        return text.ToString();
    }

    private static int Octal(string body, int i, StringBuilder text)
    {
        var value = 0;
        var end = Math.Min(i + 3, body.Length);
        for (; i < end && body[i] is >= '0' and <= '7'; i++)
        {
            value = (value * 8) + body[i] - '0';
        }

        PyText.Append(text, value);
        return i - 1;
    }

    private static int Hex(string body, int i, StringBuilder text, int line, int column)
    {
        var count = body[i] switch { 'x' => 2, 'u' => 4, _ => 8 };
        var shape = body[i] switch { 'x' => "\\xXX", 'u' => "\\uXXXX", _ => "\\UXXXXXXXX" };
        if (i + count >= body.Length || !uint.TryParse(body.AsSpan(i + 1, count), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
        {
            throw TemplateException.Syntax($"truncated {shape} escape", line, column);
        }

        PyText.Append(text, value <= 0x10FFFF ? (int)value : throw TemplateException.Syntax("illegal Unicode character", line, column));
        return i + count;
    }
}
