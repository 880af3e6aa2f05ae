using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Prompts from JSON Lines: <c>{"prompt"}</c> with text or a message list, or <c>{"messages"}</c>, whose answers at the end are left out. Files of
/// preference pairs and of supervised rows serve as they are: what they answer is not read.
/// </summary>
public static class PromptReader
{
    /// <exception cref="DataException">Lists every bad line.</exception>
    public static IReadOnlyList<PromptRow> Read(params IEnumerable<string> files) => JsonLines.Read(files, Row);

    private static PromptRow? Row(JsonLine line)
    {
        var field = !line.Has("prompt") && line.Has("messages") ? "messages" : "prompt";
        if (line.Object[field] is not JsonArray)
        {
            return line.Text(field) is { } text ? new(SftRow.Chat(("user", text)), Plain: true, line.Object) : null;
        }

        if (line.Messages(field) is not { } messages)
        {
            return null;
        }

        var asked = messages.Reverse().SkipWhile(m => m!["role"]!.GetValue<string>() == "assistant").Reverse().Select(m => m!.DeepClone()).ToArray();
        if (asked.Length == 0)
        {
            line.Fault(field, "holds answers only.", "A prompt must begin with a message of role user or system.");
            return null;
        }

        return new(new(asked), Plain: false, line.Object);
    }
}
