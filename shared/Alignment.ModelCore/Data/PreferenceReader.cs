using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Preference pairs from JSON Lines: <c>{"prompt", "chosen", "rejected"}</c> with texts or message lists (<c>"messages"</c> is a second name
/// for a prompt that is a conversation); optional <c>"margin"</c>, <c>"p_win"</c> (share of votes for chosen, ties half), <c>"tie_share"</c>, <c>"tie": true</c>
/// and <c>"language"</c>. Empty or identical answers are refused.
/// </summary>
public static class PreferenceReader
{
    /// <exception cref="DataException">Lists every bad line.</exception>
    public static IReadOnlyList<PreferenceRow> Read(params IEnumerable<string> files) => JsonLines.Read(files, Row);

    internal static PreferenceRow? Row(JsonLine line)
    {
        if (!line.Has("chosen") && !line.Has("rejected"))
        {
            line.Fault("chosen", "is missing, and so is rejected: the row is no pair.", Instead(line));
            return null;
        }

        var promptField = !line.Has("prompt") && line.Has("messages") ? "messages" : "prompt";
        var plain = line.Object[promptField] is not JsonArray;
        var prompt = Turns(line, promptField, "user");
        var chosen = Turns(line, "chosen", "assistant");
        var rejected = Turns(line, "rejected", "assistant");
        if (prompt is null || chosen is null || rejected is null || line.Amount("margin", double.NaN) is not { } margin)
        {
            return null;
        }

        if (JsonNode.DeepEquals(chosen, rejected))
        {
            line.Fault("rejected", "is identical to chosen, so the pair says nothing.", "Remove the line, or record it as a tie.");
            return null;
        }

        if (Share(line, "p_win") is not { } votes || Share(line, "tie_share") is not { } ties)
        {
            return null;
        }

        if (line.Object["tie"]?.GetValueKind() is not (null or JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False))
        {
            line.Fault("tie", $"is {JsonLine.Kind(line.Object["tie"])}, not true or false.", "Write true or false without quotes.");
            return null;
        }

        var tie = line.Object["tie"]?.GetValueKind() == JsonValueKind.True;
        return new(prompt, chosen, rejected, plain, margin)
        {
            VoteShare = tie ? 0.5 : votes, TieShare = tie ? 1 : ties, Language = line.Object["language"] is JsonValue v && v.TryGetValue<string>(out var language) ? language : "",
        };
    }

    // Which method the row was probably made for.
    private static string Instead(JsonLine line) => line switch
    {
        _ when line.Has("responses") => "Rankings are for 'align train reward' with loss: plackett_luce or all_pairs; here add \"chosen\" and \"rejected\".",
        _ when line.Has("label") => "Labelled answers are for 'align train kto' and 'bco'; here add \"chosen\" and \"rejected\".",
        _ when line.Has("response") || line.Has("completion") || line.Has("messages") => "Rows with one answer are for 'align train sft'; here add \"chosen\" and \"rejected\".",
        _ => "Add \"chosen\": \"…\" and \"rejected\": \"…\".",
    };

    private static double? Share(JsonLine line, string field)
    {
        if (line.Object[field] is null)
        {
            return double.NaN;
        }

        if (line.Amount(field, double.NaN) is not { } share)
        {
            return null;
        }

        if (share is < 0 or > 1)
        {
            line.Fault(field, $"is {share}, not a share.", "Write a number from 0 to 1.");
            return null;
        }

        return share;
    }

    internal static JsonArray? Turns(JsonLine line, string field, string role)
    {
        if (line.Object[field] is JsonArray)
        {
            return line.Messages(field) is { } messages && Speaks(line, field, messages, role) ? (JsonArray)messages.DeepClone() : null;
        }

        return line.Text(field) is { } text ? SftRow.Chat((role, text)) : null;
    }

    private static bool Speaks(JsonLine line, string field, JsonArray messages, string role)
    {
        var last = messages[^1]!["role"]!.GetValue<string>();
        if (role == "user" ? last != "assistant" : last == "assistant")
        {
            return true;
        }

        line.Fault(field, $"ends with a message of role {last}.", role == "user"
            ? "The prompt must end before the answer begins." : "An answer must end with an assistant message.");
        return false;
    }
}
