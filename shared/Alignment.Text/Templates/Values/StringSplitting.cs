using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>split, rsplit, splitlines, partition.</summary>
internal static class StringSplitting
{
    public static PyList Split(string s, CallArguments a, bool fromRight, RenderState state)
    {
        var p = a.Bind(fromRight ? "rsplit" : "split", "sep?", "maxsplit?");
        var limit = p[1] is Missing ? -1 : PyNumber.ToIndex(p[1]);
        limit = limit < 0 ? long.MaxValue : limit;
        List<object?> parts;
        if (p[0] is Missing or null)
        {
            parts = fromRight ? BlanksFromRight(s, limit) : Blanks(s, limit);
        }
        else
        {
            var separator = StringMethods.Text(p[0], "sep");
            parts = separator.Length == 0 ? throw TemplateException.ValueError("empty separator")
                : fromRight ? PartsFromRight(s, separator, limit) : Parts(s, separator, limit);
        }

        state.Allocate(s.Length + parts.Count);
        return new(parts);
    }

    /// <summary>Python's splitlines: more line ends than \n.</summary>
    public static IEnumerable<object?> Lines(string s, bool keepEnds)
    {
        for (var i = 0; i < s.Length;)
        {
            var end = i;
            while (end < s.Length && !IsLineEnd(s[end]))
            {
                end++;
            }

            var next = end < s.Length ? end + (s[end] == '\r' && end + 1 < s.Length && s[end + 1] == '\n' ? 2 : 1) : end;
            yield return s[i..(keepEnds ? next : end)];
            i = next;
        }
    }

    public static PyTuple Partition(string s, CallArguments a, bool fromRight)
    {
        var separator = StringMethods.Text(a.Bind("partition", "sep")[0], "partition() argument");
        if (separator.Length == 0)
        {
            throw TemplateException.ValueError("empty separator");
        }

        var at = fromRight ? s.LastIndexOf(separator, StringComparison.Ordinal) : s.IndexOf(separator, StringComparison.Ordinal);
        return at >= 0 ? new(s[..at], separator, s[(at + separator.Length)..]) : fromRight ? new("", "", s) : new(s, "", "");
    }

    private static bool IsLineEnd(char c) => c is '\n' or '\r' or '\v' or '\f' or '\x1C' or '\x1D' or '\x1E' or '\x85' or '\u2028' or '\u2029';

    private static List<object?> Parts(string s, string separator, long limit)
    {
        var parts = new List<object?>();
        var i = 0;
        for (int at; parts.Count < limit && (at = s.IndexOf(separator, i, StringComparison.Ordinal)) >= 0; i = at + separator.Length)
        {
            parts.Add(s[i..at]);
        }

        parts.Add(s[i..]);
        return parts;
    }

    private static List<object?> PartsFromRight(string s, string separator, long limit)
    {
        var parts = new List<object?>();
        var end = s.Length;
        for (int at; parts.Count < limit && (at = s.AsSpan(0, end).LastIndexOf(separator)) >= 0; end = at)
        {
            parts.Add(s[(at + separator.Length)..end]);
        }

        parts.Add(s[..end]);
        parts.Reverse();
        return parts;
    }

    private static List<object?> Blanks(string s, long limit)
    {
        var parts = new List<object?>();
        var i = 0;
        while (true)
        {
            while (i < s.Length && PyText.IsSpace(s[i]))
            {
                i++;
            }

            if (i == s.Length)
            {
                return parts;
            }

            if (parts.Count == limit)
            {
                parts.Add(PyText.Strip(s[i..], null, false, true));
                return parts;
            }

            var begin = i;
            while (i < s.Length && !PyText.IsSpace(s[i]))
            {
                i++;
            }

            parts.Add(s[begin..i]);
        }
    }

    private static List<object?> BlanksFromRight(string s, long limit)
    {
        var parts = new List<object?>();
        var i = s.Length;
        while (true)
        {
            while (i > 0 && PyText.IsSpace(s[i - 1]))
            {
                i--;
            }

            if (i == 0)
            {
                break;
            }

            if (parts.Count == limit)
            {
                parts.Add(PyText.Strip(s[..i], null, true, false));
                break;
            }

            var end = i;
            while (i > 0 && !PyText.IsSpace(s[i - 1]))
            {
                i--;
            }

            parts.Add(s[i..end]);
        }

        parts.Reverse();
        return parts;
    }
}
