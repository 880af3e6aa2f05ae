using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Alignment.Text.Templates.Values;

namespace Alignment.Text.Templates;

/// <summary>JSON as Python's <c>json.loads</c> reads it: integers of any size, floats, None.</summary>
internal static class JsonValues
{
    /// <param name="mark">Applied to every string value; null leaves them as they are.</param>
    public static object? From(JsonElement e, Func<string, string>? mark = null)
    {
        StackGuard.Check();
        switch (e.ValueKind)
        {
            case JsonValueKind.Object:
                var d = new PyDict();
                foreach (var p in e.EnumerateObject())
                {
                    d.Set(p.Name, From(p.Value, mark));
                }

                return d;
            case JsonValueKind.Array:
                return new PyList([.. e.EnumerateArray().Select(x => From(x, mark))]);
            case JsonValueKind.String:
                return mark is null ? e.GetString() : mark(e.GetString()!);
            case JsonValueKind.True or JsonValueKind.False:
                return e.GetBoolean();
            case JsonValueKind.Number:
                return Number(e.GetRawText());
            default:
                return null;
        }
    }

    private static object Number(string text) => text.AsSpan().IndexOfAny(".eE") >= 0
        ? double.Parse(text, CultureInfo.InvariantCulture)
        : PyNumber.Normalize(BigInteger.Parse(text, CultureInfo.InvariantCulture));
}
