using System.Diagnostics.CodeAnalysis;

namespace Alignment.Text.Templates.Values;

/// <summary>A Python list. The sandbox lets no template change one.</summary>
internal sealed class PyList(List<object?> items)
{
    public List<object?> Items { get; } = items;
}

internal class PyTuple(params object?[] items)
{
    public object?[] Items { get; } = items;
}

/// <summary>What <c>groupby</c> yields: a tuple whose items also have names.</summary>
internal sealed class PyGroup(object? grouper, PyList list) : PyTuple(grouper, list)
{
    public object? Grouper { get; } = grouper;

    public PyList List { get; } = list;
}

/// <summary>A Python dict: insertion order, keys equal as in Python (1 == 1.0 == True).</summary>
internal sealed class PyDict
{
    private readonly Dictionary<object, int> index = new(PyKeyComparer.Instance);
    private readonly List<KeyValuePair<object?, object?>> entries = [];

    public IReadOnlyList<KeyValuePair<object?, object?>> Entries => entries;

    public int Count => entries.Count;

    public void Set(object? key, object? value)
    {
        PyKeyComparer.RequireHashable(key);
        if (index.TryGetValue(key ?? NoneKey, out var i))
        {
            entries[i] = new(entries[i].Key, value);
            return;
        }

        index.Add(key ?? NoneKey, entries.Count);
        entries.Add(new(key, value));
    }

    public bool TryGet(object? key, out object? value)
    {
        PyKeyComparer.RequireHashable(key);
        if (index.TryGetValue(key ?? NoneKey, out var i))
        {
            value = entries[i].Value;
            return true;
        }

        value = null;
        return false;
    }

    public PyDict Copy()
    {
        var copy = new PyDict();
        foreach (var e in entries)
        {
            copy.Set(e.Key, e.Value);
        }

        return copy;
    }

    private static readonly object NoneKey = new();
}

/// <summary><c>dict.keys()</c>, <c>values()</c>, <c>items()</c>.</summary>
internal sealed class DictView(PyDict dict, char kind)
{
    public int Count => dict.Count;

    public PyDict Dict => dict;

    public char Kind => kind;

    public string TypeName => kind switch { 'k' => "dict_keys", 'v' => "dict_values", _ => "dict_items" };

    public object? At(int i)
    {
        var e = dict.Entries[i];
        return kind switch { 'k' => e.Key, 'v' => e.Value, _ => new PyTuple(e.Key, e.Value) };
    }
}

internal sealed class PyRange(long start, long stop, long step)
{
    public long Start => start;

    public long Stop => stop;

    public long Step => step;

    public long Count => step > 0 ? Math.Max(0, (stop - start + step - 1) / step) : Math.Max(0, (start - stop - step - 1) / -step);

    public long At(long i) => start + (i * step);
}

/// <summary>A one-way iterator, such as what <c>map</c> and <c>select</c> return: lazy, spent after one pass.</summary>
internal sealed class PyIterator(string typeName, IEnumerator<object?> source) : IEnumerator<object?>
{
    public string TypeName => typeName;

    public object? Current => source.Current;

    public bool MoveNext() => source.MoveNext();

    public void Reset() => throw new NotSupportedException();

    public void Dispose()
    {
        // An iterator outlives the loop that reads it: the next reader goes on where this one stopped.
    }
}

internal sealed class PyBytes(byte[] value)
{
    public byte[] Value => value;
}

/// <summary>A string that counts as HTML already: concatenation escapes the other side.</summary>
internal sealed class Markup(string value)
{
    public string Value => value;

    [return: NotNullIfNotNull(nameof(value))]
    public static Markup? Of(string? value) => value is null ? null : new(value);

    /// <summary>markupsafe's escape.</summary>
    public static string Escape(string s) => s.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace("'", "&#39;", StringComparison.Ordinal)
        .Replace("\"", "&#34;", StringComparison.Ordinal);

    public override string ToString() => value;
}

/// <summary>Jinja's <c>namespace(…)</c>: the only thing a template may assign attributes of.</summary>
internal sealed class PyNamespace(PyDict attributes)
{
    public PyDict Attributes => attributes;

    public void Set(string name, object? value)
    {
        if (name.StartsWith('_'))
        {
            throw TemplateException.Security($"Chat templates cannot store underscore-prefixed attributes on a namespace, but got {PyRepr.Of(name)}. Please rename the attribute.");
        }

        attributes.Set(name, value);
    }
}
