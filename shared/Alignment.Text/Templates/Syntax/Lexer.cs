using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Syntax;

/// <summary>
/// jinja2's lexer with <c>trim_blocks</c> and <c>lstrip_blocks</c> on and <c>keep_trailing_newline</c> off. Lazy: a fault late in the
/// template does not hide one that the parser finds earlier.
/// </summary>
internal sealed class Lexer
{
    private readonly string source;
    private readonly TagLexer tags;
    private int pos;
    private int line = 1;
    private bool lineStarting = true;

    public Lexer(string template)
    {
        source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        source = source.EndsWith('\n') ? source[..^1] : source;
        tags = new(source);
    }

    public IEnumerator<Token> Tokens()
    {
        while (pos < source.Length)
        {
            var open = NextTag(pos);
            if (open < 0)
            {
                yield return Data(source[pos..]);
                yield break;
            }

            var raw = RawBegin(open);
            var kind = source[open + 1];
            var signed = open + 2 < source.Length && source[open + 2] is '-' or '+' ? source[open + 2] : '\0';
            var (data, lines) = BeforeTag(open, signed, kind == '{' && raw < 0);
            if (data.Length > 0)
            {
                yield return new("data", data, line, ColumnOf(pos));
            }

            line += lines;
            var begin = open;
            pos = open + 2 + (signed == '\0' ? 0 : 1);
            if (raw >= 0)
            {
                line += Newlines(begin, raw);
                pos = raw;
                if (Raw() is { } text)
                {
                    yield return text;
                }
            }
            else if (kind == '#')
            {
                Comment();
            }
            else
            {
                var block = kind == '%';
                yield return new(block ? "block_begin" : "variable_begin", source[begin..pos], line, ColumnOf(begin));
                tags.Begin(pos, line, block);
                while (tags.Next() is { } token)
                {
                    yield return token;
                    if (token.Type is "block_end" or "variable_end")
                    {
                        break;
                    }
                }

                (pos, line) = (tags.Position, tags.Line);
                lineStarting = pos > 0 && source[pos - 1] == '\n';
            }
        }
    }

    private int NextTag(int from)
    {
        for (var i = source.IndexOf('{', from); i >= 0 && i + 1 < source.Length; i = source.IndexOf('{', i + 1))
        {
            if (source[i + 1] is '%' or '{' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The text before a tag after the tag's white space control, and the lines it spans.</summary>
    private (string Data, int Lines) BeforeTag(int open, char sign, bool variable)
    {
        var text = source[pos..open];
        var lines = text.AsSpan().Count('\n');
        if (sign == '-')
        {
            return (PyText.Strip(text, null, false, true), lines);
        }

        if (sign != '+' && !variable)
        {
            var from = text.LastIndexOf('\n') + 1;
            if ((from > 0 || lineStarting) && from < text.Length && text.AsSpan(from).IndexOfAnyExcept(Blank) < 0)
            {
                return (text[..from], lines);
            }
        }

        return (text, lines);
    }

    private static readonly System.Buffers.SearchValues<char> Blank = System.Buffers.SearchValues.Create(
        [.. Enumerable.Range(0, 0x10000).Where(c => PyText.IsSpace(c)).Select(c => (char)c)]);

    /// <summary>If a raw block begins here: where its text begins; else -1.</summary>
    private int RawBegin(int open)
    {
        if (source[open + 1] != '%')
        {
            return -1;
        }

        var i = open + 2;
        i += i < source.Length && source[i] is '-' or '+' ? 1 : 0;
        i = SkipSpace(i);
        if (string.CompareOrdinal(source, i, "raw", 0, 3) != 0)
        {
            return -1;
        }

        i = SkipSpace(i + 3);
        return string.CompareOrdinal(source, i, "-%}", 0, 3) == 0 ? SkipSpace(i + 3) : string.CompareOrdinal(source, i, "%}", 0, 2) == 0 ? i + 2 : -1;
    }

    private Token? Raw()
    {
        for (var i = source.IndexOf("{%", pos, StringComparison.Ordinal); i >= 0; i = source.IndexOf("{%", i + 2, StringComparison.Ordinal))
        {
            var at = i + 2;
            var sign = at < source.Length && source[at] is '-' or '+' ? source[at++] : '\0';
            at = SkipSpace(at);
            if (string.CompareOrdinal(source, at, "endraw", 0, 6) != 0 || TagEnd(SkipSpace(at + 6), '%') is not { } end)
            {
                continue;
            }

            lineStarting = pos > 0 && source[pos - 1] == '\n';
            var (data, _) = BeforeTag(i, sign, false);
            var token = data.Length > 0 ? new Token("data", data, line, ColumnOf(pos)) : null;
            line += Newlines(pos, end);
            pos = end;
            lineStarting = source[pos - 1] == '\n';
            return token;
        }

        return pos >= source.Length ? null : throw TemplateException.Syntax("Missing end of raw directive", line, ColumnOf(pos));
    }

    private void Comment()
    {
        var end = source.IndexOf("#}", pos, StringComparison.Ordinal);
        if (end < 0)
        {
            if (pos < source.Length)
            {
                throw TemplateException.Syntax("Missing end of comment tag", line, ColumnOf(pos));
            }

            return;
        }

        var sign = end > pos ? source[end - 1] : '\0';
        var after = sign == '-' ? SkipSpace(end + 2) : sign != '+' && end + 2 < source.Length && source[end + 2] == '\n' ? end + 3 : end + 2;
        line += Newlines(pos, after);
        pos = after;
        lineStarting = source[pos - 1] == '\n';
    }

    /// <summary>The end of a tag that closes at <paramref name="i"/>, its trimmed newline or white space included.</summary>
    private int? TagEnd(int i, char mark)
    {
        bool At(int where, string text) => string.CompareOrdinal(source, where, text, 0, text.Length) == 0;
        if (At(i, $"+{mark}}}"))
        {
            return i + 3;
        }

        if (At(i, $"-{mark}}}"))
        {
            return SkipSpace(i + 3);
        }

        return At(i, $"{mark}}}") ? i + 2 + (i + 2 < source.Length && source[i + 2] == '\n' ? 1 : 0) : null;
    }

    private Token Data(string text) => new("data", text, line, ColumnOf(pos));

    private int SkipSpace(int i)
    {
        while (i < source.Length && PyText.IsSpace(source[i]))
        {
            i++;
        }

        return i;
    }

    private int Newlines(int from, int to) => source.AsSpan(from, to - from).Count('\n');

    private int ColumnOf(int i) => i == 0 ? 1 : i - source.LastIndexOf('\n', i - 1);
}
