using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Of two continuations of one prompt, the one preferred and the other. <paramref name="Prompt"/>, <paramref name="Chosen"/> and
/// <paramref name="Rejected"/> are message lists; <paramref name="Plain"/> says that the file had bare text, which a model without a
/// chat template is given as such. <paramref name="Margin"/> is by how much, in score units; NaN where the file does not say.
/// </summary>
public sealed record PreferenceRow(JsonArray Prompt, JsonArray Chosen, JsonArray Rejected, bool Plain = false, double Margin = double.NaN) : DataRow
{
    /// <summary>Share of votes for chosen, ties counted half; NaN where the file does not say.</summary>
    public double VoteShare { get; init; } = double.NaN;

    /// <summary>Share of votes that call the answers equal; NaN where the file does not say. A row with <c>"tie": true</c> has 1.</summary>
    public double TieShare { get; init; } = double.NaN;

    /// <summary>Language of the prompt; empty where the file does not say.</summary>
    public string Language { get; init; } = "";

    /// <summary>A pair of bare texts.</summary>
    public static PreferenceRow Of(string prompt, string chosen, string rejected, double margin = double.NaN) =>
        new(SftRow.Chat(("user", prompt)), SftRow.Chat(("assistant", chosen)), SftRow.Chat(("assistant", rejected)), Plain: true, margin);
}
