using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Runtime;

/// <summary>jinja2's and transformers' global functions.</summary>
internal static class Globals
{
    private const long MaxRange = 100_000;

    private static readonly Dictionary<string, object> All = new(StringComparer.Ordinal)
    {
        ["range"] = new HostFunction("safe_range", Range),
        ["dict"] = new HostFunction("dict", (a, s) => Dict(a, s), "type"),
        ["namespace"] = new HostFunction("jinja2.utils.Namespace", MakeNamespace, "type"),
        ["cycler"] = new HostFunction("jinja2.utils.Cycler", (a, _) => a.Positional.Count == 0
            ? throw TemplateException.Other("RuntimeError", "at least one item has to be provided") : new Cycler([.. a.Positional]), "type"),
        ["joiner"] = new HostFunction("jinja2.utils.Joiner", (a, _) => new Joiner(a.Bind("joiner", "sep?")[0] is Missing ? ", " : a.Bind("joiner", "sep?")[0]), "type"),
        ["lipsum"] = new HostFunction("generate_lorem_ipsum", LoremIpsum.Generate),
        ["raise_exception"] = new HostFunction("raise_exception", (a, _) => throw new TemplateException("raised", "TemplateError", PyRepr.Str(a.Bind("raise_exception", "message")[0]))),
        ["strftime_now"] = new HostFunction("strftime_now", (a, s) => TimeFormat.Format(s.Now, StringMethods.Text(a.Bind("strftime_now", "format")[0], "strftime() argument 1"), s)),
    };

    public static bool TryGet(string name, out object? value) => All.TryGetValue(name, out value);

    public static PyDict FromKeys(CallArguments a, RenderState state)
    {
        var p = a.Bind("fromkeys", "iterable", "value?");
        var d = new PyDict();
        foreach (var key in PyIteration.ToList(p[0], state))
        {
            d.Set(key, p[1] is Missing ? null : p[1]);
        }

        return d;
    }

    private static PyRange Range(CallArguments a, RenderState state)
    {
        if (a.Named.Count > 0)
        {
            throw TemplateException.TypeError("range() takes no keyword arguments");
        }

        var n = a.Positional.Select(PyNumber.ToIndex).ToArray();
        var r = n.Length switch
        {
            1 => new PyRange(0, n[0], 1),
            2 => new PyRange(n[0], n[1], 1),
            3 => n[2] == 0 ? throw TemplateException.ValueError("range() arg 3 must not be zero") : new PyRange(n[0], n[1], n[2]),
            _ => throw TemplateException.TypeError($"range expected at least 1 argument, got {n.Length}"),
        };
        // Bounds are clamped so that counting cannot overflow; anything near them is far too long anyway.
        var huge = n.Any(x => x is > long.MaxValue / 4 or < long.MinValue / 4);
        return huge || r.Count > MaxRange
            ? throw TemplateException.Other("OverflowError", $"Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxRange}).") : r;
    }

    private static PyDict Dict(CallArguments a, RenderState state)
    {
        var d = new PyDict();
        if (a.Positional.Count > 1)
        {
            throw TemplateException.TypeError($"dict expected at most 1 argument, got {a.Positional.Count}");
        }

        if (a.Positional.Count == 1)
        {
            Fill(d, a.Positional[0], state);
        }

        foreach (var (name, value) in a.Named)
        {
            d.Set(name, value);
        }

        return d;
    }

    private static void Fill(PyDict d, object? source, RenderState state)
    {
        if (source is PyDict from)
        {
            foreach (var (key, value) in from.Entries)
            {
                d.Set(key, value);
            }

            state.Allocate(from.Count);
            return;
        }

        var index = 0;
        foreach (var pair in PyIteration.ToList(source, state))
        {
            if (PyIteration.TryIterate(pair) is null)
            {
                throw TemplateException.TypeError($"cannot convert dictionary update sequence element #{index} to a sequence");
            }

            var two = PyIteration.ToList(pair, state);
            if (two.Count != 2)
            {
                throw TemplateException.ValueError($"dictionary update sequence element #{index} has length {two.Count}; 2 is required");
            }

            d.Set(two[0], two[1]);
            index++;
        }
    }

    private static PyNamespace MakeNamespace(CallArguments a, RenderState state)
    {
        var ns = new PyNamespace(new());
        foreach (var (key, value) in Dict(a, state).Entries)
        {
            if (PyTypes.TryString(key, out var name))
            {
                ns.Set(name, value);
            }
        }

        return ns;
    }
}

/// <summary><c>cycler(…)</c>.</summary>
internal sealed class Cycler(object?[] items) : PyObject
{
    private int position;

    public override string TypeName => "Cycler";

    public override object? Attribute(string name) => name switch
    {
        "current" => items[position],
        "items" => new PyTuple(items),
        "pos" => (long)position,
        "next" => ContainerMethods.Method(name, (_, _) =>
        {
            var current = items[position];
            position = (position + 1) % items.Length;
            return current;
        }),
        "reset" => ContainerMethods.Method(name, (_, _) =>
        {
            position = 0;
            return null;
        }),
        _ => Missing.Value,
    };
}

/// <summary><c>joiner(…)</c>: nothing the first time, the separator ever after.</summary>
internal sealed class Joiner(object? separator) : PyCallable
{
    private bool used;

    public override string TypeName => "Joiner";

    public override string Repr => "<jinja2.utils.Joiner object>";

    public override object? Attribute(string name) => name switch { "sep" => separator, "used" => used, _ => Missing.Value };

    public override object? Call(CallArguments arguments, RenderState state)
    {
        var first = !used;
        used = true;
        return first ? "" : separator;
    }
}
