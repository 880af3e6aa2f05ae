using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Alignment.Ui.Clients;

namespace Alignment.Ui.Features.Console;

/// <summary>What the evaluation's gate decided and on which numbers.</summary>
/// <param name="Decision"><c>pass</c>, <c>fail</c> or <c>inconclusive</c>.</param>
internal sealed record GateView(string Decision, IReadOnlyList<(string Name, string Value)> Facts)
{
    public static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>From the result of the cycle's evaluation job; null before it ended.</summary>
    public static GateView? Of(CycleView cycle)
    {
        var result = cycle.Jobs?.LastOrDefault(j => j.Kind == "evaluation.run" && j.State == "succeeded")?.Result;
        if (result is not { ValueKind: JsonValueKind.Object } json || !json.TryGetProperty("gate", out var gate) || gate.ValueKind != JsonValueKind.Object
            || !gate.TryGetProperty("decision", out var decision) || decision.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        return new GateView(decision.GetString()!, [.. json.EnumerateObject().SelectMany(p => Flatten(p.Name, p.Value)).Where(f => f.Item1 != "gate.decision")]);
    }

    private static IEnumerable<(string, string)> Flatten(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(p => Flatten($"{name}.{p.Name}", p.Value)),
        JsonValueKind.Number => [(name, value.GetDouble().ToString("G5", CultureInfo.CurrentCulture))],
        JsonValueKind.String => [(name, value.GetString()!)],
        JsonValueKind.True or JsonValueKind.False => [(name, value.GetBoolean() ? "✓" : "✕")],
        _ => [],
    };
}
