using System.Text.Json.Nodes;
using static Alignment.ModelCore.Data.Formats.RawFormat;

namespace Alignment.ModelCore.Data.Formats;

/// <summary>Labelled answers and labelled steps.</summary>
internal static class StepFormats
{
    public static RawResult Unpaired(JsonObject row) => Label(row["label"]) is { } label
        ? RawResult.Of(new JsonObject { ["prompt"] = row["prompt"]?.DeepClone(), ["completion"] = row["completion"]?.DeepClone(), ["label"] = label })
        : RawResult.Drop("label");

    public static RawResult Stepwise(JsonObject row)
    {
        var (steps, labels) = (List(row, "completions"), List(row, "labels"));
        if (steps.Count == 0 || steps.Count != labels.Count)
        {
            return RawResult.Drop("lengths");
        }

        bool?[] known = [.. labels.Select(Label)];
        return known.Contains(null) ? RawResult.Drop("label") : RawResult.Of(Steps(Need(row, "prompt"), [.. steps.Select((s, i) => (s!.GetValue<string>(), known[i]!.Value))]));
    }

    /// <summary>Every completion that was not chosen ends a trajectory; the chosen or human one continues it.</summary>
    public static RawResult Prm800K(JsonObject row)
    {
        var prompt = Need(row["question"], "problem");
        var rows = new List<JsonObject>();
        var path = new List<(string Text, bool Label)>();
        foreach (var step in List(row["label"], "steps"))
        {
            var chosen = step!["chosen_completion"] is JsonValue v && v.TryGetValue<int>(out var index) ? index : -1;
            var completions = (step["completions"] as JsonArray ?? []).Select(c => (Need(c, "text"), Good(c))).ToList();
            rows.AddRange(completions.Where((_, i) => i != chosen).Select(c => Steps(prompt, [.. path, c])));
            if (chosen >= 0)
            {
                path.Add(completions[chosen]);
            }
            else if (step["human_completion"] is JsonObject human)
            {
                path.Add((Need(human, "text"), true));
            }
            else
            {
                break;
            }
        }

        rows.Add(Steps(prompt, path));
        return new(rows, null);
    }

    private static bool Good(JsonNode? completion) => completion!["rating"] is JsonValue v && v.TryGetValue<int>(out var rating) && rating == 1;

    private static JsonObject Steps(string prompt, IReadOnlyList<(string Text, bool Label)> steps) => new()
    {
        ["prompt"] = prompt,
        ["completions"] = new JsonArray([.. steps.Select(s => (JsonNode)s.Text)]),
        ["labels"] = new JsonArray([.. steps.Select(s => (JsonNode)s.Label)]),
    };

    private static bool? Label(JsonNode? label)
    {
        if (label is not JsonValue v)
        {
            return null;
        }

        if (v.TryGetValue<bool>(out var flag))
        {
            return flag;
        }

        if (v.TryGetValue<double>(out var number))
        {
            return number == 1 ? true : number == 0 ? false : null;
        }

        return v.TryGetValue<string>(out var word) ? word.ToLowerInvariant() switch { "true" => true, "false" => false, _ => null } : null;
    }
}
