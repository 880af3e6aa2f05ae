using System.Text;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>The methods of str. On Markup, arguments are escaped and results stay Markup.</summary>
internal static class StringMethods
{
    private delegate object? Body(string self, CallArguments arguments, RenderState state);

    private static readonly Dictionary<string, Body> Methods = new(StringComparer.Ordinal)
    {
        ["upper"] = (s, a, _) => None(a, "upper", PyCase.Upper(s)),
        ["lower"] = (s, a, _) => None(a, "lower", PyCase.Lower(s)),
        ["title"] = (s, a, _) => None(a, "title", PyCase.Title(s)),
        ["capitalize"] = (s, a, _) => None(a, "capitalize", PyCase.Capitalize(s)),
        ["swapcase"] = (s, a, _) => None(a, "swapcase", PyCase.Swap(s)),
        ["casefold"] = (s, a, _) => None(a, "casefold", PyCase.Fold(s)),
        ["strip"] = (s, a, _) => PyText.Strip(s, Chars(a, "strip"), true, true),
        ["lstrip"] = (s, a, _) => PyText.Strip(s, Chars(a, "lstrip"), true, false),
        ["rstrip"] = (s, a, _) => PyText.Strip(s, Chars(a, "rstrip"), false, true),
        ["split"] = (s, a, st) => StringSplitting.Split(s, a, false, st),
        ["rsplit"] = (s, a, st) => StringSplitting.Split(s, a, true, st),
        ["splitlines"] = (s, a, st) => new PyList([.. StringSplitting.Lines(s, a.Bind("splitlines", "keepends?")[0] is not Missing and var keep && PyIteration.Truth(keep))]),
        ["partition"] = (s, a, _) => StringSplitting.Partition(s, a, false),
        ["rpartition"] = (s, a, _) => StringSplitting.Partition(s, a, true),
        ["startswith"] = (s, a, _) => StringSearch.Affix(s, a, true),
        ["endswith"] = (s, a, _) => StringSearch.Affix(s, a, false),
        ["find"] = (s, a, _) => StringSearch.Find(s, a, false, false),
        ["rfind"] = (s, a, _) => StringSearch.Find(s, a, true, false),
        ["index"] = (s, a, _) => StringSearch.Find(s, a, false, true),
        ["rindex"] = (s, a, _) => StringSearch.Find(s, a, true, true),
        ["count"] = (s, a, _) => StringSearch.Count(s, a),
        ["replace"] = (s, a, st) =>
        {
            var p = a.Bind("replace", "old", "new", "count?");
            return StringSearch.Replace(s, Text(p[0], "replace() argument 1"), Text(p[1], "replace() argument 2"), p[2] is Missing ? -1 : PyNumber.ToIndex(p[2]), st);
        },
        ["join"] = (s, a, st) => Join(s, a.Bind("join", "iterable")[0], st),
        ["format"] = (s, a, st) => new PyBraceFormat(a, null, false, st).Run(s),
        ["format_map"] = (s, a, st) => new PyBraceFormat(CallArguments.None, a.Bind("format_map", "mapping")[0] as PyDict ?? throw TemplateException.TypeError("format_map() argument must be a mapping"), false, st).Run(s),
        ["zfill"] = (s, a, st) =>
        {
            var width = Width(a.Bind("zfill", "width")[0], st);
            var signed = s.Length > 0 && s[0] is '+' or '-';
            return (signed ? s[..1] : "") + new string('0', (int)Math.Max(0, width - PyText.Length(s))) + (signed ? s[1..] : s);
        },
        ["center"] = (s, a, st) => Justify(s, a, "center", st),
        ["ljust"] = (s, a, st) => Justify(s, a, "ljust", st),
        ["rjust"] = (s, a, st) => Justify(s, a, "rjust", st),
        ["expandtabs"] = ExpandTabs,
        ["removeprefix"] = (s, a, _) => Text(a.Bind("removeprefix", "prefix")[0], "removeprefix() argument") is var p && s.StartsWith(p, StringComparison.Ordinal) ? s[p.Length..] : s,
        ["removesuffix"] = (s, a, _) => Text(a.Bind("removesuffix", "suffix")[0], "removesuffix() argument") is { Length: > 0 } p && s.EndsWith(p, StringComparison.Ordinal) ? s[..^p.Length] : s,
        ["translate"] = (s, a, _) => Translate(s, a.Bind("translate", "table")[0]),
        ["maketrans"] = (_, a, _) => MakeTable(a),
        ["encode"] = (s, a, st) =>
        {
            var p = a.Bind("encode", "encoding?", "errors?");
            st.Allocate(s.Length * 3L);
            return new PyBytes(Encoding(p[0], p[1]).GetBytes(s));
        },
        ["isalpha"] = (s, a, _) => None(a, "isalpha", All(s, PyText.IsLetter)),
        ["isdigit"] = (s, a, _) => None(a, "isdigit", All(s, PyText.IsDigit)),
        ["isdecimal"] = (s, a, _) => None(a, "isdecimal", All(s, PyText.IsDecimal)),
        ["isnumeric"] = (s, a, _) => None(a, "isnumeric", All(s, PyText.IsNumeric)),
        ["isalnum"] = (s, a, _) => None(a, "isalnum", All(s, PyText.IsAlphanumeric)),
        ["isspace"] = (s, a, _) => None(a, "isspace", All(s, PyText.IsSpace)),
        ["isprintable"] = (s, a, _) => None(a, "isprintable", s.Length == 0 || All(s, PyText.IsPrintable)),
        ["isascii"] = (s, a, _) => None(a, "isascii", System.Text.Ascii.IsValid(s)),
        ["isidentifier"] = (s, a, _) => None(a, "isidentifier", PyText.IsIdentifier(s)),
        ["isupper"] = (s, a, _) => None(a, "isupper", IsUpper(s)),
        ["islower"] = (s, a, _) => None(a, "islower", IsLower(s)),
        ["istitle"] = (s, a, _) => None(a, "istitle", IsTitle(s)),
    };

    public static object? Get(object owner, string name)
    {
        if (!Methods.TryGetValue(name, out var body))
        {
            return owner is Markup ? MarkupOnly(owner, name) : null;
        }

        var self = PyRepr.Str(owner);
        return owner is Markup
            ? ContainerMethods.Method(name, (a, st) => MarkupMethods.Call(self, name, a, st, (s, b) => body(s, b, st)))
            : ContainerMethods.Method(name, (a, st) => body(self, a, st));
    }

    public static bool IsUpper(string s) => PyText.CodePoints(s) is var p && p.Any(PyCase.IsUpper) && !p.Any(c => PyCase.IsLower(c) || PyCase.IsTitle(c));

    public static bool IsLower(string s) => PyText.CodePoints(s) is var p && p.Any(PyCase.IsLower) && !p.Any(c => PyCase.IsUpper(c) || PyCase.IsTitle(c));

    public static string Text(object? value, string what) => PyTypes.TryString(value, out var text) ? text
        : throw TemplateException.TypeError($"{what} must be str, not {PyTypes.Name(value)}");

    public static Encoding Encoding(object? name, object? errors)
    {
        var text = name is Missing ? "utf-8" : Text(name, "encoding");
        var strict = errors is Missing || Text(errors, "errors") == "strict";
        System.Text.Encoding found = text.ToLowerInvariant().Replace('_', '-') switch
        {
            "utf-8" or "utf8" => new UTF8Encoding(false),
            "ascii" or "us-ascii" => System.Text.Encoding.ASCII,
            "latin-1" or "latin1" or "iso-8859-1" => System.Text.Encoding.Latin1,
            "utf-16-le" => System.Text.Encoding.Unicode,
            "utf-32-le" => System.Text.Encoding.UTF32,
            _ => throw TemplateException.Other("LookupError", $"unknown encoding: {text}"),
        };
        return strict && found is ASCIIEncoding
            ? System.Text.Encoding.GetEncoding("us-ascii", new EncoderExceptionFallback(), new DecoderExceptionFallback()) : found;
    }

    public static string Join(string separator, object? items, RenderState state)
    {
        var parts = PyIteration.TryIterate(items) is null ? throw TemplateException.TypeError("can only join an iterable") : PyIteration.ToList(items, state);
        long length = 0;
        for (var i = 0; i < parts.Count; i++)
        {
            length += PyTypes.TryString(parts[i], out var text) ? text.Length + separator.Length
                : throw TemplateException.TypeError($"sequence item {i}: expected str instance, {PyTypes.Name(parts[i])} found");
        }

        state.Allocate(length);
        return string.Join(separator, parts.Select(PyRepr.Str));
    }

    public static string Center(string s, long width, string fill)
    {
        var pad = (int)Math.Max(0, width - PyText.Length(s));
        var left = (pad / 2) + (pad & (int)width & 1);
        return Repeat(fill, left) + s + Repeat(fill, pad - left);
    }

    private static string Repeat(string fill, int count) => new StringBuilder(fill.Length * count).Insert(0, fill, count).ToString();

    private static object? MarkupOnly(object owner, string name) => name switch
    {
        "striptags" => ContainerMethods.Method(name, (_, _) => MarkupMethods.StripTags(PyRepr.Str(owner))),
        "unescape" => ContainerMethods.Method(name, (_, _) => System.Net.WebUtility.HtmlDecode(PyRepr.Str(owner))),
        "escape" => ContainerMethods.Method(name, (a, _) => new Markup(PyOperators.EscapeUnlessMarkup(a.Bind("escape", "s")[0]))),
        _ => null,
    };

    private static object None(CallArguments a, string name, object value)
    {
        a.Bind(name);
        return value;
    }

    private static string? Chars(CallArguments a, string name)
    {
        var chars = a.Bind(name, "chars?")[0];
        return chars is Missing or null ? null : PyTypes.TryString(chars, out var text) ? text : throw TemplateException.TypeError($"{name} arg must be None or str");
    }

    private static bool All(string s, Func<int, bool> test) => s.Length > 0 && PyText.CodePoints(s).All(test);

    private static bool IsTitle(string s)
    {
        bool any = false, inWord = false;
        foreach (var c in PyText.CodePoints(s))
        {
            var capital = PyCase.IsUpper(c) || PyCase.IsTitle(c);
            if ((capital && inWord) || (PyCase.IsLower(c) && !inWord))
            {
                return false;
            }

            inWord = capital || PyCase.IsLower(c);
            any |= inWord;
        }

        return any;
    }

    private static long Width(object? width, RenderState state)
    {
        var w = PyNumber.ToIndex(width);
        state.Allocate(Math.Max(0, w));
        return w;
    }

    private static string Justify(string s, CallArguments a, string name, RenderState state)
    {
        var p = a.Bind(name, "width", "fillchar?");
        var width = Width(p[0], state);
        var fill = p[1] is Missing ? " " : Text(p[1], "The fill character");
        if (PyText.Length(fill) != 1)
        {
            throw TemplateException.TypeError("The fill character must be exactly one character long");
        }

        var pad = (int)Math.Max(0, width - PyText.Length(s));
        return name switch { "center" => Center(s, width, fill), "ljust" => s + Repeat(fill, pad), _ => Repeat(fill, pad) + s };
    }

    private static string ExpandTabs(string s, CallArguments a, RenderState state)
    {
        var p = a.Bind("expandtabs", "tabsize?");
        var size = p[0] is Missing ? 8 : PyNumber.ToIndex(p[0]);
        state.Allocate(Math.Max(0, size) * s.Count(c => c == '\t') + s.Length);
        var text = new StringBuilder();
        long column = 0;
        foreach (var c in PyText.CodePoints(s))
        {
            if (c == '\t')
            {
                var blanks = size > 0 ? size - (column % size) : 0;
                text.Append(' ', (int)blanks);
                column += blanks;
                continue;
            }

            PyText.Append(text, c);
            column = c is '\n' or '\r' ? 0 : column + 1;
        }

        return text.ToString();
    }

    private static string Translate(string s, object? table)
    {
        var text = new StringBuilder();
        foreach (var c in PyText.CodePoints(s))
        {
            if (table is not PyDict d || !d.TryGet((long)c, out var to))
            {
                PyText.Append(text, c);
            }
            else
            {
                text.Append(to is null ? "" : PyTypes.IsInteger(to) ? PyText.FromCodePoint((int)PyNumber.ToIndex(to)) : PyRepr.Str(to));
            }
        }

        return text.ToString();
    }

    private static PyDict MakeTable(CallArguments a)
    {
        var p = a.Bind("maketrans", "x", "y?", "z?");
        var table = new PyDict();
        if (p[1] is Missing)
        {
            foreach (var (key, value) in (p[0] as PyDict ?? throw TemplateException.TypeError("if you give only one argument to maketrans it must be a dict")).Entries)
            {
                table.Set(PyTypes.TryString(key, out var k) ? PyText.Length(k) == 1 ? (long)PyText.CodePoints(k)[0] : throw TemplateException.ValueError("string keys in translate table must be of length 1") : key, value);
            }

            return table;
        }

        var (from, to) = (PyText.CodePoints(Text(p[0], "maketrans() argument 1")), PyText.CodePoints(Text(p[1], "maketrans() argument 2")));
        if (from.Length != to.Length)
        {
            throw TemplateException.ValueError("the first two maketrans arguments must have equal length");
        }

        for (var i = 0; i < from.Length; i++)
        {
            table.Set((long)from[i], (long)to[i]);
        }

        foreach (var c in p[2] is Missing ? [] : PyText.CodePoints(Text(p[2], "maketrans() argument 3")))
        {
            table.Set((long)c, null);
        }

        return table;
    }
}
