using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Configuration;

/// <summary>Reads one value of a job file, where a number may be written as a number or as text, into the type of its key.</summary>
internal static class OptionValue
{
    /// <summary>The value, or null with a complaint.</summary>
    public static object? Read(OptionKey key, JsonNode? node, out string? complaint)
    {
        var type = Nullable.GetUnderlyingType(key.Property.PropertyType) ?? key.Property.PropertyType;
        complaint = null;
        if (type == typeof(IReadOnlyList<string>))
        {
            var texts = node is JsonArray several ? several.ToArray() : [node];
            complaint = texts.Any(t => t is JsonArray or JsonObject) ? $"{key.Name}: expected {key.Kind()}, found {Text(texts.First(t => t is JsonArray or JsonObject))}." : null;
            return texts.Select(Text).Where(t => t.Length > 0).ToArray();
        }

        if (type == typeof(IReadOnlyList<double>))
        {
            var numbers = (node is JsonArray list ? list.Select(Text) : Text(node).Split(',', StringSplitOptions.TrimEntries))
                .Select(t => double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) ? d : double.NaN).ToArray();
            complaint = !Array.TrueForAll(numbers, double.IsFinite) ? $"{key.Name}: {Text(node)} is not a list of numbers." : numbers.Select(n => Outside(key, n)).FirstOrDefault(c => c is not null);
            return numbers;
        }

        if (node is JsonArray or JsonObject)
        {
            complaint = $"{key.Name}: expected {key.Kind()}, found a {(node is JsonArray ? "list" : "section")}.";
            return null;
        }

        var value = Scalar(type, Text(node));
        complaint = value is null ? $"{key.Name}: '{Text(node)}' is not a {key.Kind()}." : Outside(key, value);
        return value;
    }

    private static object? Scalar(Type type, string text) => type switch
    {
        _ when type == typeof(string) => text,
        _ when type == typeof(bool) => text.ToLowerInvariant() switch { "true" or "yes" or "on" => true, "false" or "no" or "off" => false, _ => null },
        _ when type == typeof(int) => Whole(text) is { } n && n == (int)n ? (int)n : null,
        _ when type == typeof(long) => Whole(text) is { } n ? (long)n : null,
        _ when type == typeof(double) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) && double.IsFinite(d) ? d : null,
        _ => throw new NotSupportedException($"An option of type {type.Name} has no reader."),
    };

    // 1e3 and 1_000 are whole numbers to people who write job files.
    private static decimal? Whole(string text) =>
        decimal.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var d)
        && d == decimal.Truncate(d) && d is >= long.MinValue and <= long.MaxValue ? d : null;

    private static string? Outside(OptionKey key, object value)
    {
        var about = key.About;
        if (about.Choices.Length > 0)
        {
            // An empty one means the key may stay empty; it is nothing to choose.
            var choices = about.Choices.Split('|');
            return choices.Contains((string)value, StringComparer.Ordinal) ? null
                : $"{key.Name}: '{value}' is not one of {string.Join(", ", choices.Where(c => c.Length > 0))}{NearestName.Hint((string)value, choices.Where(c => c.Length > 0))}.";
        }

        if (value is string or bool)
        {
            return null;
        }

        var number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        return number < about.Min || number > about.Max || (about.AboveMin && number == about.Min)
            ? string.Create(CultureInfo.InvariantCulture, $"{key.Name}: {number} is outside {key.Range()}{(about.Unit.Length > 0 ? " " + about.Unit : "")}.")
            : null;
    }

    private static string Text(JsonNode? node) => node is null ? "" : node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();
}
