using System.Numerics;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

internal delegate object? TestFunction(object? value, CallArguments arguments, RenderState state);

/// <summary>All tests of jinja2 by name.</summary>
internal static class BuiltinTests
{
    private static readonly Dictionary<string, TestFunction> All = Table();

    public static TestFunction? Find(string name) => All.GetValueOrDefault(name);

    public static TestFunction Require(object? name) => (PyTypes.TryString(name, out var text) ? Find(text) : null)
        ?? throw TemplateException.Other("TemplateRuntimeError", $"No test named {PyRepr.Of(name)}.");

    private static Dictionary<string, TestFunction> Table()
    {
        var table = new Dictionary<string, TestFunction>(StringComparer.Ordinal)
        {
            ["odd"] = (v, a, s) => Alone(a, Remainder(v, 2L, s) is 1L or 1.0),
            ["even"] = (v, a, s) => Alone(a, PyCompare.AreEqual(Remainder(v, 2L, s), 0L)),
            ["divisibleby"] = (v, a, s) => PyCompare.AreEqual(Remainder(v, a.Bind("divisibleby", "num")[0], s), 0L),
            ["defined"] = (v, a, _) => Alone(a, v is not Undefined),
            ["undefined"] = (v, a, _) => Alone(a, v is Undefined),
            ["filter"] = (v, a, _) => Alone(a, Hashable(v) && PyTypes.TryString(v, out var name) && BuiltinFilters.Find(name) is not null),
            ["test"] = (v, a, _) => Alone(a, Hashable(v) && PyTypes.TryString(v, out var name) && Find(name) is not null),
            ["none"] = (v, a, _) => Alone(a, v is null),
            ["boolean"] = (v, a, _) => Alone(a, v is bool),
            ["false"] = (v, a, _) => Alone(a, v is false),
            ["true"] = (v, a, _) => Alone(a, v is true),
            ["integer"] = (v, a, _) => Alone(a, v is long or BigInteger),
            ["float"] = (v, a, _) => Alone(a, v is double),
            ["lower"] = (v, a, _) => Alone(a, StringMethods.IsLower(PyRepr.Str(v))),
            ["upper"] = (v, a, _) => Alone(a, StringMethods.IsUpper(PyRepr.Str(v))),
            ["string"] = (v, a, _) => Alone(a, PyTypes.IsString(v)),
            ["mapping"] = (v, a, _) => Alone(a, v is PyDict),
            ["number"] = (v, a, _) => Alone(a, PyTypes.IsNumber(v)),
            ["sequence"] = (v, a, _) => Alone(a, v is not (DictView or LoopContext) && PyIteration.TryLength(v) is not null),
            ["iterable"] = (v, a, _) => Alone(a, v is LoopContext || PyIteration.TryIterate(v) is not null),
            ["callable"] = (v, a, _) => Alone(a, v is PyCallable or Undefined),
            ["sameas"] = (v, a, _) => PyCompare.Is(v, a.Bind("sameas", "other")[0]),
            ["escaped"] = (v, a, _) => Alone(a, v is Markup),
            ["in"] = (v, a, s) => PyIteration.Contains(a.Bind("in", "seq")[0], v, s),
        };
        foreach (var (names, op) in new[]
        {
            ("== eq equalto", "=="), ("!= ne", "!="), ("> gt greaterthan", ">"), ("ge >=", ">="), ("< lt lessthan", "<"), ("<= le", "<="),
        })
        {
            foreach (var name in names.Split(' '))
            {
                table[name] = (v, a, _) => PyCompare.Test(v, a.Bind(name, "other")[0], op);
            }
        }

        return table;
    }

    private static object Alone(CallArguments arguments, bool value)
    {
        arguments.Bind("test");
        return value;
    }

    private static bool Hashable(object? value)
    {
        PyKeyComparer.RequireHashable(value);
        return true;
    }

    private static object? Remainder(object? value, object? by, RenderState state) => PyOperators.Binary("%", value, by, state);
}
