using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>The series of every metric that some guard watches.</summary>
/// <param name="window">Values that a guard averages.</param>
public sealed class GuardHistory(int window)
{
    private readonly Dictionary<string, MetricSeries> series = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, double> latest = new Dictionary<string, double>();

    /// <summary>Values that a guard averages, and that make the baseline.</summary>
    public int Window => window;

    /// <summary>Takes the numbers of a step; those that nobody watches are left.</summary>
    public void Observe(IReadOnlyDictionary<string, double> values, IEnumerable<string> watched)
    {
        latest = values;
        foreach (var name in watched)
        {
            if (values.TryGetValue(name, out var value))
            {
                Of(name).Add(value);
            }
        }
    }

    /// <summary>The series of a metric; empty when it was never reported.</summary>
    public MetricSeries Of(string name)
    {
        if (!series.TryGetValue(name, out var found))
        {
            series[name] = found = new(window);
        }

        return found;
    }

    /// <summary>The first of <paramref name="names"/> that the last step reported, or null: then there is nothing new to judge.</summary>
    public MetricSeries? Reported(IEnumerable<string> names) => names.FirstOrDefault(latest.ContainsKey) is { } name ? Of(name) : null;

    public JsonObject ToJson() => new(series.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value.ToJson())));

    public void Restore(JsonObject saved)
    {
        series.Clear();
        foreach (var (name, values) in saved)
        {
            Of(name).Restore(values!.AsObject());
        }
    }
}
