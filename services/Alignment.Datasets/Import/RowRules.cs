using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.PreferenceStore.Prompts;

namespace Alignment.Datasets.Import;

/// <summary>What a row of each kind must say; every fault of a row is reported, not only the first.</summary>
internal static class RowRules
{
    public const string Sft = "sft";
    public const string Preference = "preference";

    private static readonly string[] Roles = ["system", "developer", "user", "assistant", "tool"];

    /// <summary>The group of the row's prompt, or null when the row was refused.</summary>
    public static string? Group(string kind, JsonObject row, int line, ImportProblems problems)
    {
        var before = problems.Count;
        var prompt = kind == Sft ? SftPrompt(row, line, problems) : PreferencePrompt(row, line, problems);
        return problems.Count > before || prompt is null ? null : PromptContent.GroupOf(prompt.ToJsonString());
    }

    private static JsonNode? SftPrompt(JsonObject row, int line, ImportProblems problems)
    {
        if (!row.ContainsKey("messages"))
        {
            Side(row, row.ContainsKey("response") || !row.ContainsKey("completion") ? "response" : "completion", "assistant", line, problems);
            return Side(row, "prompt", "user", line, problems);
        }

        if (Messages(row, "messages", line, problems) is not { } messages)
        {
            return null;
        }

        if (!messages.Any(m => (string?)m!["role"] == "assistant"))
        {
            problems.Add(line, "messages", "no-answer", "No message of the assistant: there is nothing to learn.", "Add the answer with role 'assistant'.");
        }

        return new JsonArray([.. messages.TakeWhile(m => (string?)m!["role"] != "assistant").Select(m => m!.DeepClone())]);
    }

    private static JsonNode? PreferencePrompt(JsonObject row, int line, ImportProblems problems)
    {
        var prompt = Side(row, !row.ContainsKey("prompt") && row.ContainsKey("messages") ? "messages" : "prompt", "user", line, problems);
        var chosen = Side(row, "chosen", "assistant", line, problems);
        var rejected = Side(row, "rejected", "assistant", line, problems);
        if (chosen is not null && rejected is not null && JsonNode.DeepEquals(chosen, rejected))
        {
            problems.Add(line, "rejected", "identical-answers", "chosen and rejected are identical: the pair says nothing.", "Remove the line, or keep it out as a tie.");
        }

        return prompt;
    }

    /// <summary>A text, or a conversation whose last turn fits the side.</summary>
    private static JsonNode? Side(JsonObject row, string field, string role, int line, ImportProblems problems)
    {
        if (row[field] is JsonArray)
        {
            if (Messages(row, field, line, problems) is not { } messages)
            {
                return null;
            }

            var last = (string?)messages[^1]!["role"];
            if (role == "assistant" == (last == "assistant"))
            {
                return messages;
            }

            problems.Add(line, field, "wrong-last-role", $"The last message is of role '{last}'.", role == "user" ? "End the prompt before the answer begins." : "End an answer with a message of the assistant.");
            return null;
        }

        return Text(row[field], row.ContainsKey(field), field, line, problems);
    }

    private static JsonNode? Text(JsonNode? node, bool present, string field, int line, ImportProblems problems)
    {
        if (!present)
        {
            problems.Add(line, field, "missing-field", "The field is missing.", $"Add \"{field}\": \"…\".");
        }
        else if (node?.GetValueKind() != JsonValueKind.String)
        {
            problems.Add(line, field, "not-text", "The field is not text.", "Put the text in double quotes.");
        }
        else if (string.IsNullOrWhiteSpace(node.GetValue<string>()))
        {
            problems.Add(line, field, "empty-text", "The text is empty.", "Fill it in or remove the line.");
        }
        else
        {
            return node;
        }

        return null;
    }

    private static JsonArray? Messages(JsonObject row, string field, int line, ImportProblems problems)
    {
        if (row[field] is not JsonArray { Count: > 0 } messages)
        {
            problems.Add(line, field, "not-messages", "The field is not a list of messages.", $"Write \"{field}\": [{{\"role\": \"user\", \"content\": \"…\"}}].");
            return null;
        }

        var before = problems.Count;
        foreach (var (message, i) in messages.Select((m, i) => (m, i)))
        {
            if (message is not JsonObject o || o["role"]?.GetValueKind() != JsonValueKind.String || !Roles.Contains(o["role"]!.GetValue<string>()))
            {
                problems.Add(line, $"{field}[{i}].role", "unknown-role", "The role is missing or unknown.", $"Use one of {string.Join(", ", Roles)}.");
            }
            else
            {
                Text(o["content"], o.ContainsKey("content"), $"{field}[{i}].content", line, problems);
            }
        }

        return problems.Count > before ? null : messages;
    }
}
