using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.PolicyOptimization.Rewards.Judging;

/// <summary>A question to the judge whose answer is known.</summary>
internal sealed record Canary(JsonArray Messages, string Better, string Worse)
{
    /// <exception cref="InvalidDataException">A line is not a canary; the message names it.</exception>
    public static IReadOnlyList<Canary> ReadAll(string path)
    {
        var canaries = new List<Canary>();
        var line = 0;
        foreach (var text in File.ReadLines(path))
        {
            line++;
            if (text.Length == 0)
            {
                continue;
            }

            try
            {
                var row = JsonNode.Parse(text)!;
                var prompt = row["prompt"]!;
                canaries.Add(new(prompt as JsonArray ?? [new JsonObject { ["role"] = "user", ["content"] = prompt.GetValue<string>() }], row["better"]!.GetValue<string>(), row["worse"]!.GetValue<string>()));
            }
            catch (Exception e) when (e is JsonException or NullReferenceException or InvalidOperationException)
            {
                throw new InvalidDataException($"{path}, line {line}: a canary is {{\"prompt\", \"better\", \"worse\"}}.", e);
            }
        }

        return canaries.Count > 0 ? canaries : throw new InvalidDataException($"{path} holds no canary.");
    }
}
