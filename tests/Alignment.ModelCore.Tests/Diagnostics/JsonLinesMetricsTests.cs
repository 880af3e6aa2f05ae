using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;

namespace Alignment.ModelCore.Tests.Diagnostics;

public sealed class JsonLinesMetricsTests
{
    [Fact]
    public void Metrics_ResumedRun_HoldsEveryStepOnce()
    {
        var folder = Directory.CreateTempSubdirectory("metrics").FullName;
        var path = Path.Combine(folder, "metrics.jsonl");
        using (var first = new JsonLinesMetrics(path))
        {
            for (var s = 1; s <= 5; s++)
            {
                first.Step(new(s, 6, new Dictionary<string, double> { ["loss"] = s == 2 ? double.NaN : s }));
            }
        }

        File.AppendAllText(path, "{\"step\": 6, \"lo");
        using (var second = new JsonLinesMetrics(path))
        {
            second.Event(new(3, "resumed", "resumed after step 3 of 6"));
            for (var s = 4; s <= 6; s++)
            {
                second.Step(new(s, 6, new Dictionary<string, double> { ["loss"] = 10 * s }));
            }
        }

        var lines = File.ReadAllLines(path).Select(l => JsonNode.Parse(l)!).ToList();
        Assert.Equal([1, 2, 3, 3, 4, 5, 6], lines.Select(l => l["step"]!.GetValue<int>()));
        Assert.Null(lines[1]["loss"]);
        Assert.Equal(60, lines[^1]["loss"]!.GetValue<double>());
        Directory.Delete(folder, recursive: true);
    }
}
