using System.Numerics;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's names of the types, as error messages spell them.</summary>
internal static class PyTypes
{
    public static string Name(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        string => "str",
        Markup => "Markup",
        PyList => "list",
        PyGroup => "_GroupTuple",
        PyTuple => "tuple",
        PyDict => "dict",
        DictView v => v.TypeName,
        PyRange => "range",
        PyIterator it => it.TypeName,
        PyBytes => "bytes",
        Undefined => "Undefined",
        PyNamespace => "Namespace",
        LoopContext => "LoopContext",
        PyCallable c => c.TypeName,
        PyObject o => o.TypeName,
        _ => value.GetType().Name,
    };

    /// <summary>How Undefined's messages name the owner: <c>None</c>, <c>dict object</c>, <c>jinja2.utils.Namespace object</c>.</summary>
    public static string ObjectTypeRepr(object? value) => value switch
    {
        null => "None",
        Markup => "markupsafe.Markup object",
        PyGroup => "jinja2.filters._GroupTuple object",
        PyNamespace => "jinja2.utils.Namespace object",
        LoopContext or Macro or PyObject => $"jinja2.{(value is Cycler ? "utils" : "runtime")}.{Name(value)} object",
        _ => Name(value) + " object",
    };

    public static bool IsString(object? value) => value is string or Markup;

    public static bool IsInteger(object? value) => value is long or bool or BigInteger;

    public static bool IsNumber(object? value) => value is long or bool or BigInteger or double;

    /// <summary>The text of a str or Markup.</summary>
    public static bool TryString(object? value, out string text)
    {
        text = value as string ?? (value as Markup)?.Value ?? "";
        return value is string or Markup;
    }
}
