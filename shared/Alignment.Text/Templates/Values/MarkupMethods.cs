using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>markupsafe.Markup: the str methods that give text give Markup, and text that comes in is escaped.</summary>
internal static class MarkupMethods
{
    public static object? Call(string self, string name, CallArguments a, RenderState state, Func<string, CallArguments, object?> plain)
    {
        switch (name)
        {
            case "format":
                return new Markup(new PyBraceFormat(a, null, true, state).Run(self));
            case "join":
                var parts = PyIteration.ToList(a.Bind("join", "seq")[0], state);
                return new Markup(StringMethods.Join(self, new PyList([.. parts.Select(x => (object?)PyOperators.EscapeUnlessMarkup(x))]), state));
            case "replace" or "ljust" or "rjust" or "center" or "removeprefix" or "removesuffix" or "partition" or "rpartition":
                a = new(name == "replace" || name.EndsWith("ust", StringComparison.Ordinal) || name == "center"
                    ? [.. a.Positional.Select(x => PyTypes.IsString(x) ? PyOperators.EscapeUnlessMarkup(x) : x)] : a.Positional, a.Named);
                break;
        }

        return Wrap(plain(self, a), name);
    }

    /// <summary>Markup.striptags: comments and tags out, white space folded, entities decoded.</summary>
    public static string StripTags(string s)
    {
        s = Remove(Remove(s, "<!--", "-->"), "<", ">");
        return System.Net.WebUtility.HtmlDecode(string.Join(' ', StringSplitting.Split(s, CallArguments.None, false, Unbounded).Items.Select(PyRepr.Str)));
    }

    private static readonly RenderState Unbounded = new(null!, new(), new() { MaxAllocated = long.MaxValue }, default);

    private static string Remove(string s, string open, string close)
    {
        var text = new System.Text.StringBuilder();
        var i = 0;
        for (int begin; (begin = s.IndexOf(open, i, StringComparison.Ordinal)) >= 0;)
        {
            var end = s.IndexOf(close, begin, StringComparison.Ordinal);
            if (end < 0)
            {
                break;
            }

            text.Append(s, i, begin - i);
            i = end + close.Length;
        }

        return text.Append(s, i, s.Length - i).ToString();
    }

    private static object? Wrap(object? value, string name) => value switch
    {
        string s => new Markup(s),
        PyList l when name is "split" or "rsplit" or "splitlines" => new PyList([.. l.Items.Select(x => (object?)new Markup(PyRepr.Str(x)))]),
        PyTuple t when name is "partition" or "rpartition" => new PyTuple([.. t.Items.Select(x => (object?)new Markup(PyRepr.Str(x)))]),
        _ => value,
    };
}
