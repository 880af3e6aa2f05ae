using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>
/// What guards remember of one metric: its first values, which are the baseline, and its last ones. Only finite values count; a metric
/// that is not measured at every step has fewer.
/// </summary>
/// <param name="baselineSize">Values in the baseline (≥ 1).</param>
public sealed class MetricSeries(int baselineSize)
{
    /// <summary>Most values kept.</summary>
    public const int Memory = 64;

    private readonly List<double> start = [];
    private readonly List<double> recent = [];

    /// <summary>The last values, oldest first; <see cref="Memory"/> at most.</summary>
    public IReadOnlyList<double> Recent => recent;

    /// <summary>Mean of the first values; NaN until there are enough.</summary>
    public double Baseline => start.Count < baselineSize ? double.NaN : start.Average();

    public void Add(double value)
    {
        if (!double.IsFinite(value))
        {
            return;
        }

        if (start.Count < baselineSize)
        {
            start.Add(value);
        }

        recent.Add(value);
        if (recent.Count > Memory)
        {
            recent.RemoveAt(0);
        }
    }

    /// <summary>The last <paramref name="count"/> values, or none when there are fewer.</summary>
    public IReadOnlyList<double> Window(int count) => recent.Count < count ? [] : recent.GetRange(recent.Count - count, count);

    public JsonObject ToJson() => new()
    {
        ["start"] = new JsonArray([.. start.Select(v => (JsonNode)JsonValue.Create(v))]),
        ["recent"] = new JsonArray([.. recent.Select(v => (JsonNode)JsonValue.Create(v))]),
    };

    public void Restore(JsonObject saved)
    {
        start.Clear();
        recent.Clear();
        start.AddRange(saved["start"]!.AsArray().Select(v => v!.GetValue<double>()));
        recent.AddRange(saved["recent"]!.AsArray().Select(v => v!.GetValue<double>()));
    }
}
