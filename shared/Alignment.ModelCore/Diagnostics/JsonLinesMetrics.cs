using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Diagnostics;

/// <summary>
/// <c>metrics.jsonl</c>: one line for each step, <c>{"step":1,"total":200,"loss":…}</c>, and one for each event,
/// <c>{"step":1,"event":"resumed","message":…}</c>, with <c>"values":{…}</c> where numbers are behind it. A number that is not finite is written as null. Lines of steps that a resumed run
/// does again are dropped when it reports that it resumed, so that every step appears once.
/// </summary>
public sealed class JsonLinesMetrics : IMetricsSink, IDisposable
{
    private StreamWriter writer;

    public JsonLinesMetrics(string path)
    {
        Path = path;
        writer = Open();
    }

    public string Path { get; }

    public void Step(StepMetrics metrics)
    {
        var line = new JsonObject { ["step"] = metrics.Step, ["total"] = metrics.Total };
        foreach (var (name, value) in metrics.Values)
        {
            line[name] = double.IsFinite(value) ? value : null;
        }

        writer.WriteLine(line.ToJsonString());
    }

    public void Event(RunEvent happened)
    {
        if (happened.Name is "resumed" or "started")
        {
            KeepUntil(happened.Step);
        }

        var line = new JsonObject { ["step"] = happened.Step, ["event"] = happened.Name, ["message"] = happened.Message };
        if (happened.Values.Count > 0)
        {
            line["values"] = Numbers(happened.Values);
        }

        writer.WriteLine(line.ToJsonString());
    }

    public void Dispose() => writer.Dispose();

    private static JsonObject Numbers(IReadOnlyDictionary<string, double> values) =>
        new(values.Select(v => KeyValuePair.Create(v.Key, double.IsFinite(v.Value) ? (JsonNode?)v.Value : null)));

    private void KeepUntil(int step)
    {
        writer.Dispose();
        // The last line of a killed run may be torn: what does not parse goes too.
        var kept = File.ReadLines(Path).Where(l => StepOf(l) is { } s && s <= step).ToList();
        File.WriteAllLines(Path, kept, new UTF8Encoding(false));
        writer = Open();
    }

    private static int? StepOf(string line)
    {
        try
        {
            return JsonNode.Parse(line)?["step"]?.GetValue<int>();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private StreamWriter Open() => new(Path, append: true, new UTF8Encoding(false)) { AutoFlush = true };
}
