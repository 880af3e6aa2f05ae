using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.PolicyOptimization.Recipes.BestOfN;

/// <summary>One sampled answer with its score; NaN where no source could say.</summary>
/// <param name="Row">Index of the prompt.</param>
/// <param name="Ended">The answer came to its own end.</param>
public sealed record ScoredAnswer(int Row, int Sample, int[] Ids, bool Ended, double Score)
{
    public string ToJson() => new JsonObject
    {
        ["row"] = Row, ["sample"] = Sample, ["ended"] = Ended, ["score"] = double.IsNaN(Score) ? null : Score, ["ids"] = new JsonArray([.. Ids.Select(i => (JsonNode)JsonValue.Create(i))]),
    }.ToJsonString();

    /// <summary>Null for a line that a killed run left torn.</summary>
    public static ScoredAnswer? Parse(string line)
    {
        try
        {
            var o = JsonNode.Parse(line)!;
            return new(o["row"]!.GetValue<int>(), o["sample"]!.GetValue<int>(), [.. o["ids"]!.AsArray().Select(i => i!.GetValue<int>())], o["ended"]!.GetValue<bool>(), o["score"]?.GetValue<double>() ?? double.NaN);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
