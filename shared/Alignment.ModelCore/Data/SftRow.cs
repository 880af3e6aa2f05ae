using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>
/// One training conversation. <paramref name="Messages"/> holds {role, content} objects (tool calls and names are passed to the chat
/// template); <paramref name="Tools"/> the functions offered, if any. A plain prompt with its response is a two-message conversation
/// with <paramref name="Plain"/> set: where the model has no chat template it is trained as bare text.
/// </summary>
public sealed record SftRow(JsonArray Messages, JsonArray? Tools = null, bool Plain = false, double Weight = 1) : DataRow
{
    /// <summary>A prompt and its response.</summary>
    public static SftRow Of(string prompt, string response) => new(Chat(("user", prompt), ("assistant", response)), Plain: true);

    /// <summary>A conversation from (role, content) pairs.</summary>
    public static JsonArray Chat(params ReadOnlySpan<(string Role, string Content)> turns)
    {
        var messages = new JsonArray();
        foreach (var (role, content) in turns)
        {
            messages.Add(new JsonObject { ["role"] = role, ["content"] = content });
        }

        return messages;
    }
}
