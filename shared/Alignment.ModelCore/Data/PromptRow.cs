using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>A conversation that waits for its answer.</summary>
/// <param name="Messages">Message list that does not end with the assistant.</param>
/// <param name="Plain">The file had bare text, which a model without a chat template is given as such.</param>
/// <param name="Line">The whole line: reward rules may read further fields.</param>
public sealed record PromptRow(JsonArray Messages, bool Plain, JsonObject Line) : DataRow
{
    /// <summary>A bare text.</summary>
    public static PromptRow Of(string prompt) => new(SftRow.Chat(("user", prompt)), Plain: true, []);
}
