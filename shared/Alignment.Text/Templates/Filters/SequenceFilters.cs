using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>first, last, list-like cuts, sum, unique, items, attr.</summary>
internal static class SequenceFilters
{
    public static object? Attr(object? value, CallArguments arguments, RenderState state)
    {
        var name = arguments.Bind("attr", "name")[0];
        var text = PyTypes.TryString(name, out var t) ? t : throw TemplateException.TypeError("attribute name must be string");
        return value is not Undefined && PyAttributes.Attribute(value, text) is Missing ? Undefined.Of(value, name) : PyAttributes.GetAttribute(value, text);
    }

    public static object? First(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("first");
        var source = PyIteration.Iterate(value);
        return source.MoveNext() ? source.Current : Undefined.Hinted("No first item, sequence was empty.");
    }

    public static object? Last(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("last");
        var source = Reversed(value, state) ?? throw TemplateException.TypeError($"'{PyTypes.Name(value)}' object is not reversible");
        return source.MoveNext() ? source.Current : Undefined.Hinted("No last item, sequence was empty.");
    }

    public static object? Reverse(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("reverse");
        if (value is string or Markup)
        {
            return PySlices.Slice(value, null, null, -1L, state);
        }

        if (Reversed(value, state) is { } source)
        {
            return new PyIterator(value switch { PyList => "list_reverseiterator", PyDict => "dict_reversekeyiterator", _ => "reversed" }, source);
        }

        if (PyIteration.TryIterate(value) is null)
        {
            throw TemplateException.Other("FilterArgumentError", "argument must be iterable");
        }

        var list = PyIteration.ToList(value, state);
        list.Reverse();
        return new PyList(list);
    }

    public static object? Random(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("random");
        var length = PyIteration.Length(value);
        return length == 0 ? Undefined.Hinted("No random item, sequence was empty.")
            : value is PyDict ? throw TemplateException.KeyError("0") : PyAttributes.GetItem(value, System.Random.Shared.NextInt64(length));
    }

    public static object? Items(object? value, CallArguments arguments, RenderState state)
    {
        arguments.Bind("items");
        return new PyIterator("generator", Pairs(value));
    }

    public static object? Batch(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("batch", "linecount", "fill_with?");
        return new PyIterator("generator", Batches(value, p[0], p[1] is Missing ? null : p[1], state));
    }

    public static object? Slice(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("slice", "slices", "fill_with?");
        return new PyIterator("generator", Slices(value, p[0], p[1] is Missing ? null : p[1], state));
    }

    public static object? Sum(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("sum", "attribute?", "start?");
        var get = AttributeGetter.Of(p[0] is Missing ? null : p[0]);
        var total = p[1] is Missing ? 0L : p[1];
        if (PyTypes.IsString(total))
        {
            throw TemplateException.TypeError("sum() can't sum strings [use ''.join(seq) instead]");
        }

        var source = PyIteration.Iterate(value);
        while (source.MoveNext())
        {
            state.Step();
            total = PyOperators.Binary("+", total, get(source.Current), state);
        }

        return total;
    }

    public static object? Unique(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("unique", "case_sensitive?", "attribute?");
        return new PyIterator("generator", UniqueItems(value, AttributeGetter.Of(p[1], null, !BuiltinFilters.Flag(p[0])), state));
    }

    private static IEnumerator<object?> UniqueItems(object? value, Func<object?, object?> key, RenderState state)
    {
        var seen = new PyDict();
        var source = PyIteration.Iterate(value);
        while (source.MoveNext())
        {
            state.Step();
            var k = key(source.Current);
            if (!seen.TryGet(k, out _))
            {
                seen.Set(k, null);
                yield return source.Current;
            }
        }
    }

    private static IEnumerator<object?> Pairs(object? value)
    {
        if (value is Undefined)
        {
            yield break;
        }

        var d = value as PyDict ?? throw TemplateException.TypeError("Can only get item pairs from a mapping.");
        for (var i = 0; i < d.Count; i++)
        {
            yield return new PyTuple(d.Entries[i].Key, d.Entries[i].Value);
        }
    }

    private static IEnumerator<object?> Batches(object? value, object? lineCount, object? fill, RenderState state)
    {
        var batch = new List<object?>();
        var source = PyIteration.Iterate(value);
        while (source.MoveNext())
        {
            state.Step();
            if (PyCompare.AreEqual((long)batch.Count, lineCount))
            {
                yield return new PyList(batch);
                batch = [];
            }

            batch.Add(source.Current);
        }

        if (batch.Count > 0)
        {
            if (fill is not null && PyCompare.Less((long)batch.Count, lineCount))
            {
                var missing = PyNumber.ToIndex(lineCount) - batch.Count;
                state.Allocate(missing);
                batch.AddRange(Enumerable.Repeat(fill, (int)missing));
            }

            yield return new PyList(batch);
        }
    }

    private static IEnumerator<object?> Slices(object? value, object? slices, object? fill, RenderState state)
    {
        var items = PyIteration.ToList(value, state);
        var count = PyNumber.ToIndex(slices);
        if (count == 0)
        {
            throw TemplateException.Other("ZeroDivisionError", "integer division or modulo by zero");
        }

        var (size, extra) = (items.Count / count, items.Count % count);
        for (long n = 0, start = 0; n < count; n++)
        {
            state.Step();
            var end = start + size + (n < extra ? 1 : 0);
            var slice = items.GetRange((int)start, (int)(end - start));
            if (fill is not null && n >= extra)
            {
                slice.Add(fill);
            }

            yield return new PyList(slice);
            start = end;
        }
    }

    /// <summary>Python's <c>reversed</c>; null where it raises TypeError.</summary>
    private static IEnumerator<object?>? Reversed(object? value, RenderState state)
    {
        if (value is PyIterator or LoopContext || PyIteration.TryLength(value) is null)
        {
            return null;
        }

        var items = PyIteration.ToList(value, state);
        return Backwards(items);
    }

    private static IEnumerator<object?> Backwards(List<object?> items)
    {
        for (var i = items.Count - 1; i >= 0; i--)
        {
            yield return items[i];
        }
    }
}
