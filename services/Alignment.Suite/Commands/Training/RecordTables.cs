using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Training;

namespace Alignment.Suite.Commands.Training;

/// <summary>What <c>training.json</c> says in tables: forgetting, the averages tried, the k-shot curve.</summary>
internal static class RecordTables
{
    /// <summary>HTML; empty where the run measured nothing of it.</summary>
    public static string Of(string checkpoint)
    {
        var path = Path.Combine(checkpoint, TrainingRecord.FileName);
        if (!File.Exists(path))
        {
            return "";
        }

        var record = JsonNode.Parse(File.ReadAllText(path))!;
        return ForgettingSection.Of(record["forgetting"], Vocabulary(checkpoint)) + Averages(record["average"]) + Curve(record["k_shot"]);
    }

    private static int? Vocabulary(string checkpoint) =>
        Path.Combine(checkpoint, "config.json") is var path && File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))?["vocab_size"]?.GetValue<int>() : null;

    private static string Averages(JsonNode? a) => a?["sweep"] is not JsonArray { Count: > 0 } sweep ? ""
        : Section($"Averages with the starting checkpoint ({Text(a["method"])}; kept: alpha {Number(a["alpha"])})", [.. sweep[0]!.AsObject().Select(p => p.Key)],
            sweep.Select(row => row!.AsObject().Select(p => Number(p.Value)).ToArray()));

    private static string Curve(JsonNode? k) => k is null ? ""
        : Section($"Unseen tasks: token accuracy after k examples, which are {Text(k["examples_are"])}; mean over {k["seeds"]} draws ± standard deviation (worst); share of whole answers",
            ["k", Text(k["algorithm"]), .. k["multitask"] is null ? Array.Empty<string>() : ["plain mixture"]],
            k["curve"]!.AsArray().Select((p, i) => new[] { Text(p!["shots"]), Point(p) }.Concat(k["multitask"] is JsonArray plain ? [Point(plain[i]!)] : []).ToArray()));

    private static string Point(JsonNode p) => $"{Number(p["accuracy"])} ± {Number(p["accuracy_sd"])} ({Number(p["accuracy_worst"])}); {Number(p["exact"])}";

    private static string Section(string title, IReadOnlyList<string> head, IEnumerable<string[]> rows)
    {
        var html = new StringBuilder($"<h2>{WebUtility.HtmlEncode(title)}</h2><table><tr>{string.Concat(head.Select(h => $"<th scope=\"col\">{WebUtility.HtmlEncode(h)}</th>"))}</tr>");
        foreach (var row in rows)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr>{string.Concat(row.Select(c => $"<td>{WebUtility.HtmlEncode(c)}</td>"))}</tr>");
        }

        return html.Append("</table>").ToString();
    }

    private static string Text(JsonNode? node) => node?.ToString() ?? "";

    private static string Number(JsonNode? node) => node is null ? "–" : node.GetValue<double>().ToString("0.###", CultureInfo.InvariantCulture);
}
