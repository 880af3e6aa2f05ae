using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

internal delegate object? FilterFunction(object? value, CallArguments arguments, RenderState state);

/// <summary>All filters of jinja2 by name, with transformers' <c>tojson</c>.</summary>
internal static class BuiltinFilters
{
    private static readonly Dictionary<string, FilterFunction> All = new(StringComparer.Ordinal)
    {
        ["abs"] = NumberFilters.Abs,
        ["attr"] = SequenceFilters.Attr,
        ["batch"] = SequenceFilters.Batch,
        ["capitalize"] = (v, a, _) => Nothing(a, "capitalize", Like(v, PyCase.Capitalize(PyRepr.Str(v)))),
        ["center"] = TextFilters.Center,
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = SortFilters.DictSort,
        ["e"] = Escape,
        ["escape"] = Escape,
        ["filesizeformat"] = NumberFilters.FileSize,
        ["first"] = SequenceFilters.First,
        ["float"] = NumberFilters.Float,
        ["forceescape"] = (v, a, _) => Nothing(a, "forceescape", new Markup(Markup.Escape(PyRepr.Str(v)))),
        ["format"] = TextFilters.Format,
        ["groupby"] = SortFilters.GroupBy,
        ["indent"] = TextFilters.Indent,
        ["int"] = NumberFilters.Int,
        ["items"] = SequenceFilters.Items,
        ["join"] = TextFilters.Join,
        ["last"] = SequenceFilters.Last,
        ["length"] = Length,
        ["list"] = (v, a, s) => Nothing(a, "list", new PyList(PyIteration.ToList(v, s))),
        ["lower"] = (v, a, _) => Nothing(a, "lower", Like(v, PyCase.Lower(PyRepr.Str(v)))),
        ["map"] = SelectFilters.Map,
        ["max"] = (v, a, s) => SortFilters.Extreme(v, a, s, false),
        ["min"] = (v, a, s) => SortFilters.Extreme(v, a, s, true),
        ["pprint"] = (v, a, s) => Nothing(a, "pprint", PrettyPrinter.Format(v, s)),
        ["random"] = SequenceFilters.Random,
        ["reject"] = (v, a, s) => SelectFilters.Select(v, a, s, false, false),
        ["rejectattr"] = (v, a, s) => SelectFilters.Select(v, a, s, false, true),
        ["replace"] = TextFilters.Replace,
        ["reverse"] = SequenceFilters.Reverse,
        ["round"] = NumberFilters.Round,
        ["safe"] = (v, a, _) => Nothing(a, "safe", new Markup(PyRepr.Str(v))),
        ["select"] = (v, a, s) => SelectFilters.Select(v, a, s, true, false),
        ["selectattr"] = (v, a, s) => SelectFilters.Select(v, a, s, true, true),
        ["slice"] = SequenceFilters.Slice,
        ["sort"] = SortFilters.Sort,
        ["string"] = (v, a, _) => Nothing(a, "string", v is Markup ? v : PyRepr.Str(v)),
        ["striptags"] = (v, a, _) => Nothing(a, "striptags", MarkupMethods.StripTags(PyRepr.Str(v))),
        ["sum"] = SequenceFilters.Sum,
        ["title"] = TextFilters.Title,
        ["tojson"] = JsonFilter.ToJson,
        ["trim"] = TextFilters.Trim,
        ["truncate"] = TextFilters.Truncate,
        ["unique"] = SequenceFilters.Unique,
        ["upper"] = (v, a, _) => Nothing(a, "upper", Like(v, PyCase.Upper(PyRepr.Str(v)))),
        ["urlencode"] = WebFilters.UrlEncode,
        ["urlize"] = WebFilters.Urlize,
        ["wordcount"] = TextFilters.WordCount,
        ["wordwrap"] = TextFilters.WordWrap,
        ["xmlattr"] = WebFilters.XmlAttributes,
    };

    public static FilterFunction? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>A filter named at run time, as <c>map('upper')</c> does.</summary>
    public static FilterFunction Require(object? name) => (PyTypes.TryString(name, out var text) ? Find(text) : null)
        ?? throw TemplateException.Other("TemplateRuntimeError", $"No filter named {PyRepr.Of(name)}.");

    /// <summary>The text as Markup if the original was.</summary>
    public static object Like(object? original, string text) => original is Markup ? new Markup(text) : text;

    public static object? Nothing(CallArguments arguments, string name, object? value)
    {
        arguments.Bind(name);
        return value;
    }

    public static bool Flag(object? value) => value is not Missing && PyIteration.Truth(value);

    private static object? Length(object? value, CallArguments arguments, RenderState state) => Nothing(arguments, "len", PyIteration.Length(value));

    private static object? Escape(object? value, CallArguments arguments, RenderState state) =>
        Nothing(arguments, "escape", new Markup(PyOperators.EscapeUnlessMarkup(value)));

    private static object? Default(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("default", "default_value?", "boolean?");
        return value is Undefined || (Flag(p[1]) && !PyIteration.Truth(value)) ? (p[0] is Missing ? "" : p[0]) : value;
    }
}
