using System.Text;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>find, index, count, replace, startswith, endswith.</summary>
internal static class StringSearch
{
    public static object Find(string s, CallArguments a, bool last, bool required)
    {
        var p = a.Bind("find", "sub", "start?", "end?");
        var part = StringMethods.Text(p[0], "argument 1");
        var (begin, end) = Range(s, p[1], p[2]);
        var at = begin > end ? -1 : last ? s.AsSpan(begin, end - begin).LastIndexOf(part) : s.AsSpan(begin, end - begin).IndexOf(part);
        if (at < 0)
        {
            return required ? throw TemplateException.ValueError("substring not found") : -1L;
        }

        return (long)PyText.Length(s.AsSpan(0, begin + (last && part.Length == 0 ? end - begin : at)));
    }

    public static object Count(string s, CallArguments a)
    {
        var p = a.Bind("count", "sub", "start?", "end?");
        var part = StringMethods.Text(p[0], "argument 1");
        var (begin, end) = Range(s, p[1], p[2]);
        if (begin > end)
        {
            return 0L;
        }

        var span = s.AsSpan(begin, end - begin);
        return part.Length == 0 ? PyText.Length(span) + 1L : (long)System.MemoryExtensions.Count(span, part);
    }

    public static object Affix(string s, CallArguments a, bool prefix)
    {
        var name = prefix ? "startswith" : "endswith";
        var p = a.Bind(name, "prefix", "start?", "end?");
        var (begin, end) = Range(s, p[1], p[2]);
        bool Has(object? affix)
        {
            var text = PyTypes.TryString(affix, out var t) ? t : throw TemplateException.TypeError(
                $"{(p[0] is PyTuple ? $"tuple for {name} must only contain str" : $"{name} first arg must be str or a tuple of str")}, not {PyTypes.Name(affix)}");
            return begin <= end && (prefix ? s.AsSpan(begin, end - begin).StartsWith(text) : s.AsSpan(begin, end - begin).EndsWith(text));
        }

        return p[0] is PyTuple many ? many.Items.Any(Has) : Has(p[0]);
    }

    public static string Replace(string s, string old, string with, long count, RenderState state)
    {
        if (count == 0)
        {
            return s;
        }

        if (old.Length > 0 && count < 0)
        {
            var hits = System.MemoryExtensions.Count(s.AsSpan(), old.AsSpan());
            state.Allocate(s.Length + ((long)hits * (with.Length - old.Length)));
            return hits == 0 ? s : s.Replace(old, with, StringComparison.Ordinal);
        }

        count = count < 0 ? long.MaxValue : count;
        var text = new StringBuilder();
        var i = 0;
        if (old.Length == 0)
        {
            state.Allocate(s.Length + ((long)with.Length * Math.Min(count, s.Length + 1L)));
            for (; count > 0; count--)
            {
                text.Append(with);
                if (i >= s.Length)
                {
                    break;
                }

                PyText.At(s, i, out var used);
                text.Append(s, i, used);
                i += used;
            }

            return text.Append(s, i, s.Length - i).ToString();
        }

        for (int at; count > 0 && (at = s.IndexOf(old, i, StringComparison.Ordinal)) >= 0; count--)
        {
            text.Append(s, i, at - i).Append(with);
            state.Allocate(with.Length);
            i = at + old.Length;
        }

        state.Allocate(s.Length);
        return text.Append(s, i, s.Length - i).ToString();
    }

    /// <summary>UTF-16 bounds of Python's [start:end]; begin beyond end means no match.</summary>
    private static (int Begin, int End) Range(string s, object? start, object? end)
    {
        long length = PyText.Length(s);
        long Clip(object? bound, long missing) => bound is Missing or null ? missing : PyNumber.ToIndex(bound) is var i && i < 0 ? Math.Max(0, i + length) : PyNumber.ToIndex(bound);
        var from = Clip(start, 0);
        var to = Math.Min(Clip(end, length), length);
        return from > to ? (1, 0) : (PyText.Offset(s, from), PyText.Offset(s, to));
    }
}
