using System.Text.Json.Nodes;
using static Alignment.ModelCore.Data.Formats.RawFormat;

namespace Alignment.ModelCore.Data.Formats;

/// <summary>Alpaca and ShareGPT rows, after LLaMA-Factory's rules.</summary>
internal static class InstructionFormats
{
    public static RawResult Alpaca(JsonObject row)
    {
        var prompt = new JsonArray();
        if (Optional(row, "system") is { Length: > 0 } system)
        {
            prompt.Add(Message("system", system));
        }

        foreach (var turn in row["history"] as JsonArray ?? [])
        {
            prompt.Add(Message("user", turn![0]!.GetValue<string>()));
            prompt.Add(Message("assistant", turn[1]!.GetValue<string>()));
        }

        prompt.Add(Message("user", string.Join('\n', new[] { Optional(row, "instruction"), Optional(row, "input") }.Where(t => !string.IsNullOrEmpty(t)))));
        if (Optional(row, "chosen") is { } chosen && Optional(row, "rejected") is { } rejected)
        {
            return RawResult.Of(Pair(prompt, chosen, rejected));
        }

        var result = new JsonObject { ["prompt"] = prompt };
        if (Optional(row, "output") is { } output)
        {
            result["completion"] = new JsonArray(Message("assistant", output));
        }

        AddLabel(row, result);
        return RawResult.Of(result);
    }

    public static RawResult ShareGpt(JsonObject row)
    {
        var turns = List(row, "conversations").ToList();
        var system = Optional(row, "system");
        if (turns.Count > 0 && Optional(turns[0], "from") == "system")
        {
            system = Need(turns[0], "value");
            turns.RemoveAt(0);
        }

        if (turns.Count == 0)
        {
            return RawResult.Drop("no turns");
        }

        if (turns.Where((t, i) => !(i % 2 == 0 ? Optional(t, "from") is "human" or "observation" : IsAnswer(t))).Any())
        {
            return RawResult.Drop("role order");
        }

        var ranked = row["chosen"] is JsonObject && row["rejected"] is JsonObject;
        if (turns.Count % 2 != (ranked ? 1 : 0))
        {
            return RawResult.Drop("turn count");
        }

        if (ranked && !(IsAnswer(row["chosen"]) && IsAnswer(row["rejected"])))
        {
            return RawResult.Drop("candidate role");
        }

        var prompt = new JsonArray([.. string.IsNullOrEmpty(system) ? [] : new JsonNode[] { Message("system", system) }, .. (ranked ? turns : turns[..^1]).Select(Turn)]);
        var result = ranked ? Pair(prompt, new JsonArray(Turn(row["chosen"])), new JsonArray(Turn(row["rejected"])))
            : new() { ["prompt"] = prompt, ["completion"] = new JsonArray(Turn(turns[^1])) };
        AddLabel(row, result);
        if (row["tools"] is { } tools && Optional(row, "tools") != "")
        {
            result["tools"] = tools.DeepClone();
        }

        return RawResult.Of(result);
    }

    private static bool IsAnswer(JsonNode? turn) => Optional(turn, "from") is "gpt" or "function_call";

    private static JsonObject Turn(JsonNode? turn)
    {
        var from = Need(turn, "from");
        var message = Message(from switch { "human" => "user", "observation" => "tool", _ => "assistant" }, Need(turn, "value"));
        if (from == "function_call")
        {
            message["tag"] = from;
        }

        return message;
    }

    private static void AddLabel(JsonObject row, JsonObject result)
    {
        if (row["kto_tag"] is JsonValue v && v.TryGetValue<bool>(out var label))
        {
            result["label"] = label;
        }
    }
}
