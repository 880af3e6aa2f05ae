using System.Globalization;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates.Filters;

/// <summary>Dotted attribute paths as filters take them: <c>"function.name"</c>, <c>"items.0"</c>, or a number.</summary>
internal static class AttributeGetter
{
    /// <param name="fallback">What stands in for an undefined step; null means none, as in jinja2.</param>
    public static Func<object?, object?> Of(object? attribute, object? fallback = null, bool ignoreCase = false)
    {
        var parts = Parts(attribute);
        return item =>
        {
            foreach (var part in parts)
            {
                item = PyAttributes.GetItem(item, part);
                item = fallback is not null && item is Undefined ? fallback : item;
            }

            return ignoreCase ? Fold(item) : item;
        };
    }

    /// <summary>Comma-separated paths; the result is a list, so that it sorts by all of them.</summary>
    public static Func<object?, object?> Many(object? attribute, bool ignoreCase)
    {
        var getters = (PyTypes.TryString(attribute, out var text) ? text.Split(',') : new object?[] { attribute }).Select(a => Of(a, null, ignoreCase)).ToArray();
        return item => new PyList([.. getters.Select(g => g(item))]);
    }

    public static object? Fold(object? value) => PyTypes.TryString(value, out var text) ? PyCase.Lower(text) : value;

    private static object?[] Parts(object? attribute)
    {
        if (attribute is null or Missing)
        {
            return [];
        }

        return PyTypes.TryString(attribute, out var text)
            ? [.. text.Split('.').Select(p => p.Length is > 0 and < 18 && p.All(char.IsAsciiDigit) ? (object?)long.Parse(p, CultureInfo.InvariantCulture) : p)]
            : [attribute];
    }
}
