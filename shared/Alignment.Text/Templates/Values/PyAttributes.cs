using System.Numerics;
using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>The sandbox's <c>x.name</c> and <c>x[key]</c>: which of attribute and item wins, and what is never handed out.</summary>
internal static class PyAttributes
{
    private static readonly HashSet<string> ObjectDunders =
    [
        "__class__", "__delattr__", "__dir__", "__doc__", "__eq__", "__format__", "__ge__", "__getattribute__", "__getstate__", "__gt__", "__hash__", "__init__",
        "__init_subclass__", "__le__", "__lt__", "__ne__", "__new__", "__reduce__", "__reduce_ex__", "__repr__", "__setattr__", "__sizeof__", "__str__", "__subclasshook__",
    ];

    private static readonly HashSet<string> ContainerDunders = ["__len__", "__getitem__", "__iter__", "__contains__"];

    /// <summary>x.name: the attribute, else the item.</summary>
    public static object? GetAttribute(object? owner, string name)
    {
        var value = Attribute(owner, name);
        if (value is not Missing)
        {
            return IsSafe(owner, name) ? value : Undefined.Unsafe(owner, name);
        }

        return TryItem(owner, name, out var item) ? item : Undefined.Of(owner, name);
    }

    /// <summary>x[key]: the item, else the attribute.</summary>
    public static object? GetItem(object? owner, object? key)
    {
        if (TryItem(owner, key, out var item))
        {
            return item;
        }

        if (PyTypes.TryString(key, out var name) && Attribute(owner, name) is not Missing and var value)
        {
            return IsSafe(owner, name) ? value : Undefined.Unsafe(owner, name);
        }

        return Undefined.Of(owner, key);
    }

    /// <summary>The attribute alone, or <see cref="Missing"/>: Python's <c>getattr</c>.</summary>
    public static object? Attribute(object? owner, string name)
    {
        if (owner is PyNamespace ns)
        {
            return ns.Attributes.TryGet(name, out var v) ? v : name == "__class__" ? "class" : Missing.Value;
        }

        if (name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal))
        {
            return ObjectDunders.Contains(name) || (ContainerDunders.Contains(name) && PyIteration.TryLength(owner) is not null) ? name : Missing.Value;
        }

        return owner switch
        {
            string or Markup => StringMethods.Get(owner, name) ?? Missing.Value,
            PyDict d => ContainerMethods.OfDict(d, name) ?? Missing.Value,
            PyList l => ContainerMethods.OfList(l, name) ?? Missing.Value,
            PyGroup g when name is "grouper" or "list" => name == "list" ? g.List : g.Grouper,
            PyTuple t => ContainerMethods.OfSequence(t, t.Items, name) ?? Missing.Value,
            long or bool or BigInteger or double => NumberMethods.Get(owner, name),
            PyRange r => ContainerMethods.OfRange(r, name),
            PyBytes b => ContainerMethods.OfBytes(b, name) ?? Missing.Value,
            LoopContext loop => loop.Attribute(name),
            PyCallable c => c.Attribute(name),
            PyObject o => o.Attribute(name),
            Undefined u => throw u.Error(),
            _ => Missing.Value,
        };
    }

    private static bool IsSafe(object? owner, string name) => !name.StartsWith('_') && owner switch
    {
        PyList => name is not ("append" or "clear" or "pop" or "reverse" or "insert" or "sort" or "extend" or "remove"),
        PyDict => name is not ("clear" or "pop" or "popitem" or "setdefault" or "update"),
        HostFunction { TypeName: "type" } => name != "mro",
        _ => true,
    };

    private static bool TryItem(object? owner, object? key, out object? item)
    {
        item = null;
        switch (owner)
        {
            case Undefined u:
                throw u.Error();
            case PyDict d:
                return key is not (PyList or PyDict) && d.TryGet(key, out item);
            case string or Markup when PyTypes.IsInteger(key):
                return TryCharacter(PyRepr.Str(owner), owner is Markup, PyNumber.ToIndex(key), out item);
            case PyList l when PyTypes.IsInteger(key):
                return TryIndex(l.Items, PyNumber.ToIndex(key), out item);
            case PyTuple t when PyTypes.IsInteger(key):
                return TryIndex(t.Items, PyNumber.ToIndex(key), out item);
            case PyBytes b when PyTypes.IsInteger(key):
                return TryIndex([.. b.Value.Select(x => (object?)(long)x)], PyNumber.ToIndex(key), out item);
            case PyRange r when PyTypes.IsInteger(key):
                var i = PyNumber.ToIndex(key);
                i = i < 0 ? i + r.Count : i;
                item = i >= 0 && i < r.Count ? r.At(i) : null;
                return item is not null;
            case TemplateReference t when PyTypes.TryString(key, out var name):
                return t.TryBlock(name, out item);
            default:
                return false;
        }
    }

    private static bool TryIndex(IReadOnlyList<object?> items, long i, out object? item)
    {
        i = i < 0 ? i + items.Count : i;
        var inside = i >= 0 && i < items.Count;
        item = inside ? items[(int)i] : null;
        return inside;
    }

    private static bool TryCharacter(string s, bool markup, long i, out object? item)
    {
        long length = PyText.Length(s);
        i = i < 0 ? i + length : i;
        item = null;
        if (i < 0 || i >= length)
        {
            return false;
        }

        var at = PyText.Offset(s, i);
        PyText.At(s, at, out var used);
        item = markup ? new Markup(s.Substring(at, used)) : s.Substring(at, used);
        return true;
    }
}
