using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Supervised rows from JSON Lines: <c>{"prompt", "response"}</c> (or <c>"completion"</c>) with text, or <c>{"messages": […]}</c> with at
/// least one assistant message; optional <c>"tools"</c>, and <c>"weight"</c> (≥ 0).
/// </summary>
public static class SftReader
{
    /// <exception cref="DataException">Lists every bad line.</exception>
    public static IReadOnlyList<SftRow> Read(params IEnumerable<string> files) => JsonLines.Read(files, Row);

    internal static SftRow? Row(JsonLine line)
    {
        if (line.Amount("weight", 1) is not { } weight)
        {
            return null;
        }

        if (weight < 0)
        {
            line.Fault("weight", "is negative.", "Use 0 to ignore the row, 1 for the usual weight.");
            return null;
        }

        if (line.Object["tools"] is { } given && given is not JsonArray)
        {
            line.Fault("tools", $"is {JsonLine.Kind(given)}, not a list.", "Write \"tools\": [{\"type\": \"function\", \"function\": {…}}, …], or remove it.");
            return null;
        }

        var tools = line.Object["tools"]?.DeepClone() as JsonArray;
        if (line.Has("messages"))
        {
            return line.Messages("messages") is { } messages && HasAnswer(line, messages) ? new((JsonArray)messages.DeepClone(), tools, Weight: weight) : null;
        }

        if (!line.Has("prompt"))
        {
            line.Fault("prompt", "is missing.", "A row needs \"prompt\" and \"response\", or \"messages\".");
            return null;
        }

        var answer = !line.Has("response") && line.Has("completion") ? "completion" : "response";
        if (line.Object["prompt"] is JsonArray)
        {
            return Conversation(line, answer, tools, weight);
        }

        // Both are read before either is judged, so that one line's faults are all reported at once.
        var (prompt, response) = (line.Text("prompt"), line.Text(answer));
        return prompt is not null && response is not null ? SftRow.Of(prompt, response) with { Tools = tools, Weight = weight } : null;
    }

    private static SftRow? Conversation(JsonLine line, string answer, JsonArray? tools, double weight)
    {
        if (line.Messages("prompt") is not { } prompt)
        {
            return null;
        }

        var messages = (JsonArray)prompt.DeepClone();
        if (line.Object[answer] is JsonArray)
        {
            if (line.Messages(answer) is not { } turns)
            {
                return null;
            }

            foreach (var turn in turns)
            {
                messages.Add(turn!.DeepClone());
            }
        }
        else if (line.Text(answer) is { } text)
        {
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = text });
        }
        else
        {
            return null;
        }

        return HasAnswer(line, messages) ? new(messages, tools, Weight: weight) : null;
    }

    private static bool HasAnswer(JsonLine line, JsonArray messages)
    {
        if (messages.Any(m => m!["role"]!.GetValue<string>() == "assistant"))
        {
            return true;
        }

        line.Fault("messages", "has no assistant message, so nothing to learn.", "Add the answer with role assistant.");
        return false;
    }
}
