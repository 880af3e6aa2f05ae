using System.Numerics;
using System.Text;
using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>transformers' <c>tojson</c>: Python's <c>json.dumps</c> without HTML escaping.</summary>
internal sealed class JsonFilter
{
    private readonly StringBuilder text = new();
    private readonly RenderState state;
    private readonly bool ascii;
    private readonly bool sortKeys;
    private readonly string? indent;
    private readonly string itemSeparator;
    private readonly string keySeparator;

    private JsonFilter(RenderState state, bool ascii, bool sortKeys, string? indent, string itemSeparator, string keySeparator)
    {
        this.state = state;
        this.ascii = ascii;
        this.sortKeys = sortKeys;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
    }

    public static object? ToJson(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("tojson", "ensure_ascii?", "indent?", "separators?", "sort_keys?");
        var indent = p[1] is Missing or null ? null : PyTypes.TryString(p[1], out var s) ? s : Blanks(p[1], state);
        var (item, key) = (indent is null ? ", " : ",", ": ");
        if (p[2] is not (Missing or null))
        {
            var two = PyIteration.ToList(p[2], state);
            if (two.Count != 2)
            {
                throw TemplateException.ValueError($"not enough values to unpack (expected 2, got {two.Count})");
            }

            (item, key) = (StringMethods.Text(two[0], "separator"), StringMethods.Text(two[1], "separator"));
        }

        var writer = new JsonFilter(state, BuiltinFilters.Flag(p[0]), BuiltinFilters.Flag(p[3]), indent, item, key);
        writer.Write(value, 0);
        return writer.text.ToString();
    }

    private static string Blanks(object? width, RenderState state)
    {
        var count = Math.Max(0, PyNumber.ToIndex(width));
        state.Allocate(count);
        return new(' ', (int)count);
    }

    private void Write(object? value, int depth)
    {
        StackGuard.Check();
        state.Step();
        switch (value)
        {
            case string or Markup:
                Quote(PyRepr.Str(value));
                break;
            case null:
                Append("null");
                break;
            case bool b:
                Append(b ? "true" : "false");
                break;
            case long or BigInteger:
                Append(PyRepr.Of(value));
                break;
            case double d:
                Append(Number(d));
                break;
            case PyList l:
                Sequence(l.Items, depth);
                break;
            case PyTuple t:
                Sequence(t.Items, depth);
                break;
            case PyDict d:
                Mapping(d, depth);
                break;
            default:
                throw TemplateException.TypeError($"Object of type {PyTypes.Name(value)} is not JSON serializable");
        }
    }

    private static string Number(double d) => double.IsNaN(d) ? "NaN" : double.IsInfinity(d) ? (d > 0 ? "Infinity" : "-Infinity") : PyNumber.Repr(d);

    private void Sequence(IReadOnlyList<object?> items, int depth)
    {
        if (items.Count == 0)
        {
            Append("[]");
            return;
        }

        Append("[");
        for (var i = 0; i < items.Count; i++)
        {
            Append(i > 0 ? itemSeparator : "");
            Break(depth + 1);
            Write(items[i], depth + 1);
        }

        Break(depth);
        Append("]");
    }

    private void Mapping(PyDict d, int depth)
    {
        if (d.Count == 0)
        {
            Append("{}");
            return;
        }

        Append("{");
        var entries = sortKeys
            ? PySort.Sorted([.. d.Entries.Select(e => (object?)new PyTuple(e.Key, e.Value))], e => ((PyTuple)e!).Items[0], false, state).Select(e => (((PyTuple)e!).Items[0], ((PyTuple)e).Items[1]))
            : d.Entries.Select(e => (e.Key, e.Value));
        var first = true;
        foreach (var (key, value) in entries)
        {
            Append(first ? "" : itemSeparator);
            first = false;
            Break(depth + 1);
            Quote(Key(key));
            Append(keySeparator);
            Write(value, depth + 1);
        }

        Break(depth);
        Append("}");
    }

    private static string Key(object? key) => key switch
    {
        string or Markup => PyRepr.Str(key),
        null => "null",
        bool b => b ? "true" : "false",
        double d => Number(d),
        long or BigInteger => PyRepr.Of(key),
        _ => throw TemplateException.TypeError($"keys must be str, int, float, bool or None, not {PyTypes.Name(key)}"),
    };

    private void Break(int depth)
    {
        if (indent is not null)
        {
            state.Allocate((long)indent.Length * depth);
            text.Append('\n').Insert(text.Length, indent, depth);
        }
    }

    private void Append(string s)
    {
        state.Allocate(s.Length);
        text.Append(s);
    }

    private void Quote(string s)
    {
        state.Allocate(s.Length);
        text.Append('"');
        foreach (var c in s)
        {
            switch (c)
            {
                case '"':
                    text.Append("\\\"");
                    break;
                case '\\':
                    text.Append("\\\\");
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case < ' ':
                    text.Append($"\\u{(int)c:x4}");
                    break;
                case > '~' when ascii:
                    text.Append($"\\u{(int)c:x4}");
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }
}
