using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>Methods of dict, list, tuple, range and bytes. Those that change a container exist but are refused by the sandbox.</summary>
internal static class ContainerMethods
{
    public static object? OfDict(PyDict d, string name) => name switch
    {
        "keys" => View(d, name, 'k'),
        "values" => View(d, name, 'v'),
        "items" => View(d, name, 'i'),
        "get" => Method(name, (a, _) =>
        {
            var p = a.Bind("get", "key", "default?");
            return d.TryGet(p[0], out var value) ? value : p[1] is Missing ? null : p[1];
        }),
        "copy" => Method(name, (a, s) =>
        {
            a.Bind("copy");
            s.Allocate(d.Count);
            return d.Copy();
        }),
        "fromkeys" => Method(name, (a, s) => Globals.FromKeys(a, s)),
        "clear" or "pop" or "popitem" or "setdefault" or "update" => Refused(name),
        _ => null,
    };

    public static object? OfList(PyList l, string name) => name switch
    {
        "copy" => Method(name, (a, s) =>
        {
            a.Bind("copy");
            s.Allocate(l.Items.Count);
            return new PyList([.. l.Items]);
        }),
        "append" or "clear" or "pop" or "reverse" or "insert" or "sort" or "extend" or "remove" => Refused(name),
        _ => OfSequence(l, l.Items, name),
    };

    public static object? OfSequence(object owner, IReadOnlyList<object?> items, string name) => name switch
    {
        "count" => Method(name, (a, s) =>
        {
            var item = a.Bind("count", "value")[0];
            s.Step(items.Count);
            return (long)items.Count(x => ReferenceEquals(x, item) || PyCompare.AreEqual(x, item));
        }),
        "index" => Method(name, (a, s) => IndexOf(owner, items, a, s)),
        _ => null,
    };

    public static object? OfRange(PyRange r, string name) => name switch
    {
        "start" => r.Start,
        "stop" => r.Stop,
        "step" => r.Step,
        "count" => Method(name, (a, _) => Position(r, a.Bind("count", "value")[0]) is null ? 0L : 1L),
        "index" => Method(name, (a, _) => Position(r, a.Bind("index", "value")[0]) ?? throw TemplateException.ValueError("value is not in range")),
        _ => Missing.Value,
    };

    public static object? OfBytes(PyBytes b, string name) => name switch
    {
        "decode" => Method(name, (a, _) =>
        {
            var p = a.Bind("decode", "encoding?", "errors?");
            return StringMethods.Encoding(p[0], p[1]).GetString(b.Value);
        }),
        "hex" => Method(name, (a, _) =>
        {
            a.Bind("hex");
            return Convert.ToHexStringLower(b.Value);
        }),
        _ => null,
    };

    public static HostFunction Method(string name, Func<CallArguments, RenderState, object?> body) => new(name, body, "builtin_function_or_method");

    private static HostFunction View(PyDict d, string name, char kind) => Method(name, (a, _) =>
    {
        a.Bind(name);
        return new DictView(d, kind);
    });

    private static HostFunction Refused(string name) =>
        Method(name, (_, _) => throw TemplateException.Security($"access to attribute '{name}' is unsafe."));

    private static object? Position(PyRange r, object? value)
    {
        for (long i = 0; i < r.Count; i++)
        {
            if (PyCompare.AreEqual(r.At(i), value))
            {
                return i;
            }
        }

        return null;
    }

    private static object? IndexOf(object owner, IReadOnlyList<object?> items, CallArguments a, RenderState state)
    {
        var p = a.Bind("index", "value", "start?", "stop?");
        state.Step(items.Count);
        long Clip(object? bound, long missing) => bound is Missing ? missing : PyNumber.ToIndex(bound) is var i && i < 0 ? Math.Max(0, i + items.Count) : Math.Min(PyNumber.ToIndex(bound), items.Count);
        for (var i = Clip(p[1], 0); i < Clip(p[2], items.Count); i++)
        {
            if (ReferenceEquals(items[(int)i], p[0]) || PyCompare.AreEqual(items[(int)i], p[0]))
            {
                return i;
            }
        }

        throw TemplateException.ValueError(owner is PyTuple ? "tuple.index(x): x not in tuple" : $"{PyRepr.Of(p[0])} is not in list");
    }
}
