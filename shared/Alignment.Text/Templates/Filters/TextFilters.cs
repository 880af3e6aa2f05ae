using System.Text;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>Filters that make text of text.</summary>
internal static class TextFilters
{
    public static object? Center(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("center", "width?");
        var width = p[0] is Missing ? 80 : PyNumber.ToIndex(p[0]);
        state.Allocate(Math.Max(0, width));
        return BuiltinFilters.Like(value, StringMethods.Center(PyRepr.Str(value), width, " "));
    }

    public static object? Format(object? value, CallArguments arguments, RenderState state)
    {
        if (arguments.Positional.Count > 0 && arguments.Named.Count > 0)
        {
            throw TemplateException.Other("FilterArgumentError", "can't handle positional and keyword arguments at the same time");
        }

        object values = new PyTuple([.. arguments.Positional]);
        if (arguments.Named.Count > 0)
        {
            var named = new PyDict();
            foreach (var (name, item) in arguments.Named)
            {
                named.Set(name, item);
            }

            values = named;
        }

        return PyPercentFormat.Format(value is Markup ? value : PyRepr.Str(value), values, state);
    }

    public static object? Indent(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("indent", "width?", "first?", "blank?");
        var indent = p[0] is Missing ? "    " : PyTypes.TryString(p[0], out var text) ? text : Blanks(p[0], state);
        if (value is Undefined u)
        {
            throw u.Error();
        }

        if (!PyTypes.TryString(value, out var s))
        {
            throw value is PyList
                ? TemplateException.Other("AttributeError", "'list' object has no attribute 'splitlines'")
                : TemplateException.TypeError($"unsupported operand type(s) for +=: '{PyTypes.Name(value)}' and 'str'");
        }

        var lines = StringSplitting.Lines(s + "\n", false).Select(l => (string)l!).ToList();
        state.Allocate(s.Length + ((long)lines.Count * (indent.Length + 1)));
        var result = BuiltinFilters.Flag(p[2])
            ? string.Join("\n" + indent, lines)
            : string.Join('\n', lines.Take(1).Concat(lines.Skip(1).Select(l => l.Length > 0 ? indent + l : l)));
        return BuiltinFilters.Like(value, BuiltinFilters.Flag(p[1]) ? indent + result : result);
    }

    public static object? Join(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("join", "d?", "attribute?");
        var get = AttributeGetter.Of(p[1] is Missing ? null : p[1]);
        var separator = p[0] is Missing ? "" : p[0];
        var parts = PyIteration.ToList(value, state).ConvertAll(x => get(x));
        var escape = state.AutoEscape && (separator is Markup || parts.Exists(x => x is Markup));
        string Text(object? x) => escape ? PyOperators.EscapeUnlessMarkup(x) : PyRepr.Str(x);
        var glue = Text(separator);
        var text = new StringBuilder();
        for (var i = 0; i < parts.Count; i++)
        {
            var part = Text(parts[i]);
            state.Allocate(part.Length + glue.Length);
            text.Append(i > 0 ? glue : "").Append(part);
        }

        state.Allocate(text.Length);
        return escape ? new Markup(text.ToString()) : text.ToString();
    }

    public static object? Replace(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("replace", "old", "new", "count?");
        var count = p[2] is Missing or null ? -1 : PyNumber.ToIndex(p[2]);
        if (!state.AutoEscape)
        {
            return StringSearch.Replace(PyRepr.Str(value), PyRepr.Str(p[0]), PyRepr.Str(p[1]), count, state);
        }

        var escape = p[0] is Markup || p[1] is Markup || value is Markup;
        string Text(object? x) => escape ? PyOperators.EscapeUnlessMarkup(x) : PyRepr.Str(x);
        var result = StringSearch.Replace(Text(value), Text(p[0]), Text(p[1]), count, state);
        return escape ? new Markup(result) : result;
    }

    public static object? Title(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("title");
        var points = PyText.CodePoints(PyRepr.Str(value));
        var text = new StringBuilder();
        for (var i = 0; i < points.Length;)
        {
            var begin = i;
            var separator = IsWordBreak(points[i]);
            while (i < points.Length && IsWordBreak(points[i]) == separator)
            {
                i++;
            }

            var item = PyText.FromCodePoints(points[begin..i]);
            var first = PyText.FromCodePoint(points[begin]);
            text.Append(PyCase.Upper(first)).Append(PyCase.Lower(item[first.Length..]));
        }

        return text.ToString();
    }

    public static object? Trim(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("trim", "chars?");
        var chars = p[0] is Missing or null ? null : StringMethods.Text(p[0], "strip arg");
        return BuiltinFilters.Like(value, PyText.Strip(PyRepr.Str(value), chars, true, true));
    }

    public static object? Truncate(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("truncate", "length?", "killwords?", "end?", "leeway?");
        var length = p[0] is Missing ? 255 : PyNumber.ToIndex(p[0]);
        var end = p[2] is Missing ? "..." : StringMethods.Text(p[2], "end");
        var leeway = p[3] is Missing or null ? 5 : PyNumber.ToIndex(p[3]);
        var endLength = PyText.Length(end);
        if (length < endLength || leeway < 0)
        {
            throw TemplateException.Other("AssertionError", length < endLength ? $"expected length >= {endLength}, got {length}" : $"expected leeway >= 0, got {leeway}");
        }

        if (PyIteration.Length(value) <= length + leeway)
        {
            return value;
        }

        var s = StringMethods.Text(value, "truncate() argument");
        var cut = s[..PyText.Offset(s, length - endLength)];
        var blank = cut.LastIndexOf(' ');
        return (BuiltinFilters.Flag(p[1]) || blank < 0 ? cut : cut[..blank]) + end;
    }

    public static object? WordCount(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("wordcount");
        var inWord = false;
        var count = 0L;
        foreach (var c in PyText.CodePoints(PyRepr.Str(value)))
        {
            var word = PyText.IsWord(c);
            count += word && !inWord ? 1 : 0;
            inWord = word;
        }

        return count;
    }

    public static object? WordWrap(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("wordwrap", "width?", "break_long_words?", "wrapstring?", "break_on_hyphens?");
        var width = p[0] is Missing ? 79 : PyNumber.ToIndex(p[0]);
        var glue = p[2] is Missing or null ? "\n" : StringMethods.Text(p[2], "wrapstring");
        if (width <= 0)
        {
            throw TemplateException.ValueError($"invalid width {width} (must be > 0)");
        }

        if (value is Undefined u)
        {
            throw u.Error();
        }

        var s = PyTypes.TryString(value, out var text) ? text
            : throw TemplateException.Other("AttributeError", $"'{PyTypes.Name(value)}' object has no attribute 'splitlines'");
        state.Allocate(s.Length + ((long)glue.Length * s.Length));
        var wrap = new WordWrapper((int)Math.Min(width, int.MaxValue), p[1] is Missing || PyIteration.Truth(p[1]), p[3] is Missing || PyIteration.Truth(p[3]));
        return string.Join(glue, StringSplitting.Lines(s, false).Select(l => string.Join(glue, wrap.Wrap((string)l!))));
    }

    private static bool IsWordBreak(int c) => c is '-' or '(' or '{' or '[' or '<' || PyText.IsSpace(c);

    private static string Blanks(object? width, RenderState state)
    {
        var count = Math.Max(0, PyNumber.ToIndex(width));
        state.Allocate(count);
        return new(' ', (int)count);
    }
}
