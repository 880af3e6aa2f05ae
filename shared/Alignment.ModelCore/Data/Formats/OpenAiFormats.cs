using System.Text.Json.Nodes;
using static Alignment.ModelCore.Data.Formats.RawFormat;

namespace Alignment.ModelCore.Data.Formats;

/// <summary>OpenAI's fine-tuning files.</summary>
internal static class OpenAiFormats
{
    public static RawResult Chat(JsonObject row)
    {
        var messages = List(row, "messages");
        if (messages.Any(m => Optional(m, "role") is not ("system" or "developer" or "user" or "assistant" or "tool" or "function")))
        {
            return RawResult.Drop("unknown role");
        }

        if (!messages.Any(IsAssistant))
        {
            return RawResult.Drop("no assistant turn");
        }

        var kept = Clone(messages);
        foreach (var message in kept)
        {
            ((JsonObject)message!).Remove("weight");
        }

        var result = new JsonObject
        {
            ["messages"] = kept,
            ["trained"] = new JsonArray([.. messages.Select(m => (JsonNode)(IsAssistant(m) && !(m!["weight"] is JsonValue w && w.TryGetValue<double>(out var weight) && weight == 0)))]),
        };
        AddTools(row, result);
        return RawResult.Of(result);
    }

    public static RawResult Preference(JsonObject row)
    {
        if ((row["preferred_output"] ?? row["preferred_completion"]) is not JsonArray chosen || (row["non_preferred_output"] ?? row["non_preferred_completion"]) is not JsonArray rejected)
        {
            return RawResult.Drop("missing output");
        }

        if (!Answers(chosen) || !Answers(rejected))
        {
            return RawResult.Drop("output roles");
        }

        var result = Pair(Clone(List(row["input"], "messages")), Clone(chosen), Clone(rejected));
        AddTools((JsonObject)row["input"]!, result);
        return RawResult.Of(result);
    }

    private static void AddTools(JsonObject source, JsonObject result)
    {
        if (source["tools"] is JsonArray { Count: > 0 } tools)
        {
            result["tools"] = tools.DeepClone();
        }
    }

    private static bool IsAssistant(JsonNode? message) => Optional(message, "role") == "assistant";

    private static bool Answers(JsonArray messages) => messages.All(m => Optional(m, "role") is "assistant" or "tool") && messages.Any(IsAssistant);
}
