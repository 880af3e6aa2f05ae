using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's <c>iter()</c>, <c>len()</c>, truth and <c>in</c>.</summary>
internal static class PyIteration
{
    /// <summary>A pass over the value; an iterator passed in goes on where it stands.</summary>
    public static IEnumerator<object?> Iterate(object? value) =>
        TryIterate(value) ?? throw TemplateException.TypeError($"'{PyTypes.Name(value)}' object is not iterable");

    public static IEnumerator<object?>? TryIterate(object? value) => value switch
    {
        PyList l => Each(l.Items),
        PyTuple t => Each(t.Items),
        PyDict d => Keys(d),
        DictView v => View(v),
        PyRange r => Range(r),
        PyIterator it => it,
        LoopContext loop => loop.Pairs(),
        Undefined => Each([]),
        PyBytes b => Each([.. b.Value.Select(x => (object?)(long)x)]),
        string or Markup => Characters(PyRepr.Str(value)),
        _ => null,
    };

    /// <summary>Python's <c>list(value)</c>.</summary>
    public static List<object?> ToList(object? value, RenderState state)
    {
        var items = new List<object?>();
        var source = Iterate(value);
        while (source.MoveNext())
        {
            state.Step();
            items.Add(source.Current);
        }

        state.Allocate(items.Count);
        return items;
    }

    public static long? TryLength(object? value) => value switch
    {
        string s => PyText.Length(s),
        Markup m => PyText.Length(m.Value),
        PyList l => l.Items.Count,
        PyTuple t => t.Items.Length,
        PyDict d => d.Count,
        DictView v => v.Count,
        PyRange r => r.Count,
        PyBytes b => b.Value.Length,
        Undefined => 0,
        LoopContext loop => loop.Length,
        _ => null,
    };

    public static long Length(object? value) => TryLength(value) ?? throw TemplateException.TypeError($"object of type '{PyTypes.Name(value)}' has no len()");

    public static bool Truth(object? value) => value switch
    {
        null => false,
        bool b => b,
        long i => i != 0,
        double d => d != 0,
        System.Numerics.BigInteger i => !i.IsZero,
        Undefined => false,
        string s => s.Length > 0,
        _ => TryLength(value) is not 0L,
    };

    public static bool Contains(object? container, object? item, RenderState state)
    {
        if (PyTypes.TryString(container, out var text))
        {
            return PyTypes.TryString(item, out var part)
                ? text.Contains(part, StringComparison.Ordinal)
                : throw TemplateException.TypeError($"'in <string>' requires string as left operand, not {PyTypes.Name(item)}");
        }

        switch (container)
        {
            case PyDict d:
                return d.TryGet(item, out _);
            case DictView { Kind: 'k' } v:
                return v.Dict.TryGet(item, out _);
            case PyNamespace or null:
                break;
        }

        var source = TryIterate(container) ?? throw TemplateException.TypeError($"argument of type '{PyTypes.Name(container)}' is not iterable");
        while (source.MoveNext())
        {
            state.Step();
            if (ReferenceEquals(source.Current, item) || PyCompare.AreEqual(source.Current, item))
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerator<object?> Each(IReadOnlyList<object?> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            yield return items[i];
        }
    }

    private static IEnumerator<object?> Keys(PyDict d)
    {
        for (var i = 0; i < d.Count; i++)
        {
            yield return d.Entries[i].Key;
        }
    }

    private static IEnumerator<object?> View(DictView v)
    {
        for (var i = 0; i < v.Count; i++)
        {
            yield return v.At(i);
        }
    }

    private static IEnumerator<object?> Range(PyRange r)
    {
        for (long i = 0; i < r.Count; i++)
        {
            yield return r.At(i);
        }
    }

    private static IEnumerator<object?> Characters(string s)
    {
        for (var i = 0; i < s.Length;)
        {
            PyText.At(s, i, out var used);
            yield return s.Substring(i, used);
            i += used;
        }
    }
}
