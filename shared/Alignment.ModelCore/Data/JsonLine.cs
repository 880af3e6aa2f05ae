using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>One line being read; faults go to the common list and the row is then dropped.</summary>
internal sealed record JsonLine(string File, int Number, JsonObject Object, List<DataProblem> Problems)
{
    public bool Has(string field) => Object.ContainsKey(field);

    public void Fault(string? field, string what, string remedy) => Problems.Add(new(File, Number, field, what, remedy));

    /// <summary>Text that is there and not blank; null after reporting.</summary>
    public string? Text(string field)
    {
        if (Object[field] is not { } node)
        {
            Fault(field, "is missing.", $"Add \"{field}\": \"…\".");
        }
        else if (node.GetValueKind() != JsonValueKind.String)
        {
            Fault(field, $"is {Kind(node)}, not text.", "Put the text in double quotes.");
        }
        else if (string.IsNullOrWhiteSpace(node.GetValue<string>()))
        {
            Fault(field, "is empty.", "Fill it in or remove the line.");
        }
        else
        {
            return node.GetValue<string>();
        }

        return null;
    }

    /// <summary>A finite number, or the default where the field is absent.</summary>
    public double? Amount(string field, double absent)
    {
        if (Object[field] is not { } node)
        {
            return absent;
        }

        if (node.GetValueKind() == JsonValueKind.Number && node.GetValue<double>() is var d && double.IsFinite(d))
        {
            return d;
        }

        Fault(field, node.GetValueKind() == JsonValueKind.Number ? $"is {node.ToJsonString()}, which is not finite." : $"is {Kind(node)}, not a number.", "Write a number without quotes.");
        return null;
    }

    /// <summary>A conversation: a list of {role, content} with known roles; null after reporting.</summary>
    public JsonArray? Messages(string field)
    {
        if (Object[field] is not JsonArray { Count: > 0 } messages)
        {
            Fault(field, Has(field) ? "is not a list of messages." : "is missing.", $"Write \"{field}\": [{{\"role\": \"user\", \"content\": \"…\"}}, …].");
            return null;
        }

        for (var i = 0; i < messages.Count; i++)
        {
            if (Complaint(messages[i]) is { } what)
            {
                Fault($"{field}[{i}]", what, "A message is {\"role\": \"system\" | \"user\" | \"assistant\" | \"tool\", \"content\": \"…\"}.");
                return null;
            }
        }

        return messages;
    }

    private static string? Complaint(JsonNode? message)
    {
        if (message is not JsonObject m)
        {
            return "is not an object.";
        }

        if (m["role"] is not JsonValue role || role.GetValueKind() != JsonValueKind.String || role.GetValue<string>() is not ("system" or "developer" or "user" or "assistant" or "tool"))
        {
            return $"has {(m["role"] is null ? "no role" : $"the unknown role {m["role"]!.ToJsonString()}")}.";
        }

        var content = m["content"];
        return content switch
        {
            null when m["tool_calls"] is JsonArray => null,
            JsonValue v when v.GetValueKind() == JsonValueKind.String => string.IsNullOrWhiteSpace(v.GetValue<string>()) && m["tool_calls"] is null ? "has empty content." : null,
            JsonArray => null,
            _ => "has no text content.",
        };
    }

    public static string Kind(JsonNode? node) => node?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "a list",
        JsonValueKind.Object => "an object",
        _ => "text",
    };
}
