using System.Text;
using System.Text.RegularExpressions;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>urlencode, urlize, xmlattr.</summary>
internal static partial class WebFilters
{
    public static object? UrlEncode(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("urlencode");
        if (PyTypes.IsString(value) || PyIteration.TryIterate(value) is null || value is PyBytes)
        {
            return Quote(value, false, state);
        }

        var pairs = value is PyDict d ? new DictView(d, 'i') : value;
        var parts = new List<string>();
        foreach (var pair in PyIteration.ToList(pairs, state))
        {
            var two = PyIteration.ToList(pair, state);
            if (two.Count != 2)
            {
                throw TemplateException.ValueError(two.Count > 2 ? "too many values to unpack (expected 2)" : $"not enough values to unpack (expected 2, got {two.Count})");
            }

            parts.Add($"{Quote(two[0], true, state)}={Quote(two[1], true, state)}");
        }

        return string.Join('&', parts);
    }

    public static object? XmlAttributes(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("xmlattr", "autospace?");
        var d = value as PyDict ?? throw (value is Undefined u ? u.Error() : TemplateException.Other("AttributeError", $"'{PyTypes.Name(value)}' object has no attribute 'items'"));
        var parts = new List<string>();
        foreach (var (key, item) in d.Entries.Where(e => e.Value is not (null or Undefined)))
        {
            var name = StringMethods.Text(key, "attribute name");
            if (name.AsSpan().IndexOfAny(" \t\n\r\f\v/>=") >= 0)
            {
                throw TemplateException.ValueError($"Invalid character in attribute name: {PyRepr.Of(name)}");
            }

            parts.Add($"{PyOperators.EscapeUnlessMarkup(key)}=\"{PyOperators.EscapeUnlessMarkup(item)}\"");
        }

        var text = string.Join(' ', parts);
        text = text.Length > 0 && (p[0] is Missing || PyIteration.Truth(p[0])) ? " " + text : text;
        return state.AutoEscape ? new Markup(text) : text;
    }

    public static object? Urlize(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("urlize", "trim_url_limit?", "nofollow?", "target?", "rel?", "extra_schemes?");
        var limit = p[0] is Missing or null ? (long?)null : PyNumber.ToIndex(p[0]);
        var rel = (p[3] is Missing or null ? "" : PyRepr.Str(p[3])).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        rel.Add("noopener");
        if (BuiltinFilters.Flag(p[1]))
        {
            rel.Add("nofollow");
        }

        var attributes = $" rel=\"{Markup.Escape(string.Join(' ', rel.Order(StringComparer.Ordinal)))}\""
            + (p[2] is Missing or null ? "" : $" target=\"{Markup.Escape(PyRepr.Str(p[2]))}\"");
        var schemes = p[4] is Missing or null ? [] : PyIteration.ToList(p[4], state).ConvertAll(PyRepr.Str);
        var text = new StringBuilder();
        foreach (var word in Spaces().Split(PyOperators.EscapeUnlessMarkup(value)))
        {
            text.Append(Link(word, attributes, limit, schemes));
        }

        state.Allocate(text.Length);
        return state.AutoEscape ? new Markup(text.ToString()) : text.ToString();
    }

    private static string Quote(object? value, bool query, RenderState state)
    {
        var bytes = value is PyBytes b ? b.Value : Encoding.UTF8.GetBytes(PyRepr.Str(value));
        state.Allocate(bytes.Length * 3L);
        var text = new StringBuilder(bytes.Length);
        foreach (var x in bytes)
        {
            var c = (char)x;
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || (c == '/' && !query))
            {
                text.Append(c);
            }
            else
            {
                text.Append(c == ' ' && query ? "+" : $"%{x:X2}");
            }
        }

        return text.ToString();
    }

    private static string Link(string word, string attributes, long? limit, List<string> schemes)
    {
        var head = Head().Match(word).Value;
        var middle = word[head.Length..];
        var tail = Tail().Match(middle).Value;
        middle = middle[..^tail.Length];
        foreach (var (open, close) in new[] { ("(", ")"), ("<", ">"), ("&lt;", "&gt;") })
        {
            var count = Regex.Count(middle, Regex.Escape(open));
            if (count > Regex.Count(middle, Regex.Escape(close)))
            {
                for (var n = Math.Min(count, Regex.Count(tail, Regex.Escape(close))); n > 0; n--)
                {
                    var end = tail.IndexOf(close, StringComparison.Ordinal) + close.Length;
                    middle += tail[..end];
                    tail = tail[end..];
                }
            }
        }

        string Trim(string x) => limit is { } l && PyText.Length(x) > l ? x[..PyText.Offset(x, Math.Max(0, l))] + "..." : x;
        if (Http().IsMatch(middle))
        {
            var address = middle.StartsWith("https://", StringComparison.Ordinal) || middle.StartsWith("http://", StringComparison.Ordinal) ? middle : "https://" + middle;
            middle = $"<a href=\"{address}\"{attributes}>{Trim(middle)}</a>";
        }
        else if (middle.StartsWith("mailto:", StringComparison.Ordinal) && Email().IsMatch(middle[7..]))
        {
            middle = $"<a href=\"{middle}\">{middle[7..]}</a>";
        }
        else if (middle.Contains('@', StringComparison.Ordinal) && !middle.StartsWith("www.", StringComparison.Ordinal) && !middle.StartsWith('@')
            && !middle.Contains(':', StringComparison.Ordinal) && Email().IsMatch(middle))
        {
            middle = $"<a href=\"mailto:{middle}\">{middle}</a>";
        }
        else if (schemes.Find(s => middle != s && middle.StartsWith(s, StringComparison.Ordinal)) is not null)
        {
            middle = $"<a href=\"{middle}\"{attributes}>{middle}</a>";
        }

        return head + middle + tail;
    }

    [GeneratedRegex("""(\s+)""", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();

    [GeneratedRegex("""^([(<]|&lt;)+""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Head();

    [GeneratedRegex("""([)>.,\n]|&gt;)+$""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Tail();

    [GeneratedRegex("""^((https?://|www\.)(([\w%-]+\.)+)?([a-z]{2,63}|xn--[\w%]{2,59})|([\w%-]{2,63}\.)+(com|net|int|edu|gov|org|info|mil)|(https?://)((\d{1,3}(\.\d{1,3}){3})|(\[([\da-f]{0,4}:){2}([\da-f]{0,4}:?){1,6}\])))(?::\d{1,5})?(?:[/?#]\S*)?$""", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Http();

    [GeneratedRegex("""^\S+@\w[\w.-]*\.\w+$""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Email();
}
