using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>sort, dictsort, groupby, min, max.</summary>
internal static class SortFilters
{
    public static object? Sort(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("sort", "reverse?", "case_sensitive?", "attribute?");
        var key = AttributeGetter.Many(p[2] is Missing ? null : p[2], !BuiltinFilters.Flag(p[1]));
        return new PyList(PySort.Sorted(PyIteration.ToList(value, state), key, BuiltinFilters.Flag(p[0]), state));
    }

    public static object? DictSort(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("dictsort", "case_sensitive?", "by?", "reverse?");
        var by = p[1] is Missing ? "key" : PyRepr.Str(p[1]);
        if (by is not ("key" or "value"))
        {
            throw TemplateException.Other("FilterArgumentError", "You can only sort by either \"key\" or \"value\"");
        }

        var entries = (value switch
        {
            PyDict d => d,
            Undefined u => throw u.Error(),
            _ => throw TemplateException.Other("AttributeError", $"'{PyTypes.Name(value)}' object has no attribute 'items'"),
        }).Entries;
        var sensitive = BuiltinFilters.Flag(p[0]);
        object? Key(object? pair)
        {
            var part = ((PyTuple)pair!).Items[by == "key" ? 0 : 1];
            return sensitive ? part : AttributeGetter.Fold(part);
        }

        return new PyList(PySort.Sorted([.. entries.Select(e => (object?)new PyTuple(e.Key, e.Value))], Key, BuiltinFilters.Flag(p[2]), state));
    }

    public static object? GroupBy(object? value, CallArguments arguments, RenderState state)
    {
        var p = arguments.Bind("groupby", "attribute", "default?", "case_sensitive?");
        var fallback = p[1] is Missing ? null : p[1];
        var sensitive = BuiltinFilters.Flag(p[2]);
        var key = AttributeGetter.Of(p[0], fallback, !sensitive);
        var shown = AttributeGetter.Of(p[0], fallback);
        var groups = new List<object?>();
        object? current = Missing.Value;
        List<object?> members = [];
        foreach (var item in PySort.Sorted(PyIteration.ToList(value, state), key, false, state))
        {
            var k = key(item);
            if (current is Missing || !PyCompare.AreEqual(current, k))
            {
                members = [];
                groups.Add(new PyGroup(sensitive ? k : shown(item), new(members)));
                current = k;
            }

            members.Add(item);
        }

        return new PyList(groups);
    }

    public static object? Extreme(object? value, CallArguments arguments, RenderState state, bool smallest)
    {
        var p = arguments.Bind(smallest ? "min" : "max", "case_sensitive?", "attribute?");
        var key = AttributeGetter.Of(p[1] is Missing ? null : p[1], null, !BuiltinFilters.Flag(p[0]));
        var source = PyIteration.Iterate(value);
        if (!source.MoveNext())
        {
            return Undefined.Hinted("No aggregated item, sequence was empty.");
        }

        var (best, bestKey) = (source.Current, key(source.Current));
        while (source.MoveNext())
        {
            state.Step();
            var k = key(source.Current);
            if (smallest ? PyCompare.Order(k, bestKey, "<") is < 0 : PyCompare.Order(k, bestKey, ">") is > 0)
            {
                (best, bestKey) = (source.Current, k);
            }
        }

        return best;
    }
}
