using Alignment.Text.Templates.Runtime;

namespace Alignment.Text.Templates.Values;

/// <summary>Python's <c>x[start:stop:step]</c>.</summary>
internal static class PySlices
{
    public static object? Slice(object? owner, object? start, object? stop, object? step, RenderState state)
    {
        if (owner is Undefined u)
        {
            throw u.Error();
        }

        if (owner is not (string or Markup or PyList or PyTuple or PyRange or PyBytes))
        {
            throw owner is PyDict ? TemplateException.TypeError("unhashable type: 'slice'") : TemplateException.TypeError($"'{PyTypes.Name(owner)}' object is not subscriptable");
        }

        var length = PyIteration.Length(owner);
        var (from, by, count) = Bounds(start, stop, step, length);
        state.Allocate(count);
        state.Step(count / 16);
        switch (owner)
        {
            case PyList l:
                return new PyList(by == 1 ? l.Items.GetRange((int)from, (int)count) : [.. Pick(count, i => l.Items[(int)(from + (i * by))])]);
            case PyTuple t:
                return new PyTuple([.. Pick(count, i => t.Items[(int)(from + (i * by))])]);
            case PyRange r:
                return new PyRange(r.At(from), r.At(from) + (count * by * r.Step), by * r.Step);
            case PyBytes b:
                return new PyBytes([.. Pick(count, i => b.Value[from + (i * by)])]);
        }

        var text = SliceText(PyRepr.Str(owner), from, by, count);
        return owner is Markup ? new Markup(text) : text;
    }

    private static string SliceText(string s, long from, long by, long count)
    {
        if (by == 1)
        {
            var begin = PyText.Offset(s, from);
            var end = PyText.IsFlat(s) ? begin + (int)count : begin + PyText.Offset(s[begin..], count);
            return s[begin..end];
        }

        var points = PyText.CodePoints(s);
        return PyText.FromCodePoints(Pick(count, i => points[from + (i * by)]));
    }

    private static IEnumerable<T> Pick<T>(long count, Func<long, T> at)
    {
        for (long i = 0; i < count; i++)
        {
            yield return at(i);
        }
    }

    private static (long From, long By, long Count) Bounds(object? start, object? stop, object? step, long length)
    {
        var by = step is null ? 1 : Index(step);
        if (by == 0)
        {
            throw TemplateException.ValueError("slice step cannot be zero");
        }

        by = Math.Clamp(by, -length - 1, length + 1);
        var (low, high) = by > 0 ? (0L, length) : (-1L, length - 1);
        long Clip(object? bound, long missing)
        {
            if (bound is null)
            {
                return missing;
            }

            var i = Index(bound);
            return Math.Clamp(i < 0 ? (i < -length ? low : i + length) : i, low, high);
        }

        var from = Clip(start, by > 0 ? low : high);
        var to = Clip(stop, by > 0 ? high : low);
        return (from, by, by > 0 ? Math.Max(0, (to - from + by - 1) / by) : Math.Max(0, (from - to - by - 1) / -by));
    }

    private static long Index(object? bound) => PyTypes.IsInteger(bound) ? PyNumber.ToIndex(bound)
        : throw TemplateException.TypeError("slice indices must be integers or None or have an __index__ method");
}
