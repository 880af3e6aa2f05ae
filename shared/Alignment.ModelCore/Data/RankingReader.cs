using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Rankings from JSON Lines: <c>{"prompt", "responses": ["…", …], "ranks": [1, 2, …]}</c>, rank 1 the best and equal ranks for ties; or
/// <c>"scores"</c> in place of ranks, larger being better.
/// </summary>
public static class RankingReader
{
    /// <exception cref="DataException">Lists every bad line.</exception>
    public static IReadOnlyList<RankedRow> Read(params IEnumerable<string> files) => JsonLines.Read(files, Row);

    private static RankedRow? Row(JsonLine line)
    {
        var plain = line.Object["prompt"] is not JsonArray;
        var prompt = PreferenceReader.Turns(line, "prompt", "user");
        var answers = Answers(line);
        var field = line.Has("scores") && !line.Has("ranks") ? "scores" : "ranks";
        var ranks = Numbers(line, field);
        if (prompt is null || answers is null || ranks is null)
        {
            return null;
        }

        if (ranks.Length != answers.Count)
        {
            line.Fault(field, $"has {ranks.Length} numbers for {answers.Count} responses.", "Give every response one.");
            return null;
        }

        if (ranks.Distinct().Count() < 2)
        {
            line.Fault(field, "are all equal, so the row says nothing.", "Remove the line.");
            return null;
        }

        return new(prompt, answers, field == "scores" ? [.. ranks.Select(x => -x)] : ranks, plain);
    }

    private static List<JsonArray>? Answers(JsonLine line)
    {
        if (line.Object["responses"] is JsonArray { Count: >= 2 } list && list.All(n => n?.GetValueKind() == JsonValueKind.String && !string.IsNullOrWhiteSpace(n.GetValue<string>())))
        {
            return [.. list.Select(n => SftRow.Chat(("assistant", n!.GetValue<string>())))];
        }

        line.Fault("responses", line.Has("responses") ? "is not a list of at least two texts." : "is missing.", "Write \"responses\": [\"…\", \"…\"].");
        return null;
    }

    private static double[]? Numbers(JsonLine line, string field)
    {
        if (line.Object[field] is JsonArray list && list.All(n => n?.GetValueKind() == JsonValueKind.Number))
        {
            return [.. list.Select(n => n!.GetValue<double>())];
        }

        line.Fault(field, line.Has(field) ? "is not a list of numbers." : "is missing.", $"Write \"{field}\": [1, 2, …].");
        return null;
    }
}
