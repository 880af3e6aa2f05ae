using Alignment.Text.Templates.Runtime;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>map, select, reject, selectattr, rejectattr: lazy, so that an error comes when the item is reached.</summary>
internal static class SelectFilters
{
    public static object? Map(object? value, CallArguments arguments, RenderState state) =>
        new PyIterator("generator", Mapped(value, arguments, state));

    public static object? Select(object? value, CallArguments arguments, RenderState state, bool keep, bool byAttribute) =>
        new PyIterator("generator", Selected(value, arguments, state, keep, byAttribute));

    private static IEnumerator<object?> Mapped(object? value, CallArguments arguments, RenderState state)
    {
        if (!PyIteration.Truth(value))
        {
            yield break;
        }

        var apply = Mapping(arguments, state);
        var source = PyIteration.Iterate(value);
        while (source.MoveNext())
        {
            state.Step();
            yield return apply(source.Current);
        }
    }

    private static Func<object?, object?> Mapping(CallArguments arguments, RenderState state)
    {
        var named = arguments.Named;
        if (arguments.Positional.Count == 0 && named.Any(n => n.Key == "attribute"))
        {
            if (named.FirstOrDefault(n => n.Key is not ("attribute" or "default")) is { Key: { } odd })
            {
                throw TemplateException.Other("FilterArgumentError", $"Unexpected keyword argument {PyRepr.Of(odd)}");
            }

            return AttributeGetter.Of(named.First(n => n.Key == "attribute").Value, named.FirstOrDefault(n => n.Key == "default").Value);
        }

        if (arguments.Positional.Count == 0)
        {
            throw TemplateException.Other("FilterArgumentError", "map requires a filter argument");
        }

        var filter = BuiltinFilters.Require(arguments.Positional[0]);
        var rest = arguments.Skip(1);
        return item => filter(item, rest, state);
    }

    private static IEnumerator<object?> Selected(object? value, CallArguments arguments, RenderState state, bool keep, bool byAttribute)
    {
        if (!PyIteration.Truth(value))
        {
            yield break;
        }

        var test = Condition(arguments, state, byAttribute);
        var source = PyIteration.Iterate(value);
        while (source.MoveNext())
        {
            state.Step();
            if (test(source.Current) == keep)
            {
                yield return source.Current;
            }
        }
    }

    private static Func<object?, bool> Condition(CallArguments arguments, RenderState state, bool byAttribute)
    {
        if (byAttribute && arguments.Positional.Count == 0)
        {
            throw TemplateException.Other("FilterArgumentError", "Missing parameter for attribute name");
        }

        var get = byAttribute ? AttributeGetter.Of(arguments.Positional[0]) : x => x;
        var rest = byAttribute ? arguments.Skip(1) : arguments;
        if (rest.Positional.Count == 0)
        {
            return item => PyIteration.Truth(get(item));
        }

        var test = BuiltinTests.Require(rest.Positional[0]);
        var parameters = rest.Skip(1);
        return item => PyIteration.Truth(test(get(item), parameters, state));
    }
}
