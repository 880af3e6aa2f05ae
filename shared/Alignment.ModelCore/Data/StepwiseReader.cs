using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>Stepwise rows from JSON Lines: <c>{"prompt", "completions": ["step", …], "labels": [true, …]}</c>, one label a step.</summary>
public static class StepwiseReader
{
    /// <exception cref="DataException">Lists every bad line.</exception>
    public static IReadOnlyList<StepwiseRow> Read(params IEnumerable<string> files) => JsonLines.Read(files, Row);

    private static StepwiseRow? Row(JsonLine line)
    {
        var prompt = line.Text("prompt");
        var steps = List(line, "completions", n => n?.GetValueKind() == JsonValueKind.String ? n.GetValue<string>() : null, "texts");
        var labels = List(line, "labels", n => n?.GetValueKind() switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => (bool?)null }, "true or false");
        if (prompt is null || steps is null || labels is null)
        {
            return null;
        }

        if (steps.Count != labels.Count)
        {
            line.Fault("labels", $"has {labels.Count} entries for {steps.Count} steps.", "Give every step one label.");
            return null;
        }

        return new(prompt, [.. steps.Select(s => s!)], [.. labels.Select(l => l!.Value)]);
    }

    private static List<T>? List<T>(JsonLine line, string field, Func<JsonNode?, T> read, string what)
    {
        if (line.Object[field] is JsonArray { Count: > 0 } items && items.Select(read).ToList() is var values && values.All(v => v is not null))
        {
            return values;
        }

        line.Fault(field, line.Has(field) ? $"is not a list of {what}." : "is missing.", $"Write \"{field}\": [ … ] with {what}.");
        return null;
    }
}
