using System.Text;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data.Preparation;

/// <summary>
/// Single-row conversions with the meaning of TRL's data_utils: what a row is, where its prompt ends, pairs to single rows.
/// Rows are JSON objects with the columns of TRL's dataset types; none of these functions changes its argument.
/// </summary>
public static class RowFunctions
{
    private static readonly string[] Conversations = ["prompt", "chosen", "rejected", "completion", "messages"];

    /// <summary>Whether the row's texts are message lists with roles.</summary>
    public static bool IsConversational(JsonObject row) =>
        Conversations.FirstOrDefault(row.ContainsKey) is { } key && row[key] is JsonArray { Count: > 0 } list && list[0] is JsonObject m && m.ContainsKey("role");

    /// <summary>Whether the row is a <c>conversations</c> list of from/value turns.</summary>
    public static bool IsFromValue(JsonObject row) =>
        row["conversations"] is JsonArray { Count: > 0 } list && list[0] is JsonObject m && m.ContainsKey("from") && m.ContainsKey("value");

    /// <summary>from/value turns become role/content; <c>conversations</c> becomes <c>messages</c>. Names of roles stay.</summary>
    public static JsonObject ToMessages(JsonObject row)
    {
        var result = Copy(row);
        foreach (var key in (string[])[.. Conversations, "conversations"])
        {
            foreach (var message in (result[key] as JsonArray ?? []).OfType<JsonObject>())
            {
                Rename(message, "from", "role");
                Rename(message, "value", "content");
            }
        }

        Rename(result, "conversations", "messages");
        return result;
    }

    /// <summary>
    /// Splits chosen and rejected where they begin to differ, turn by turn or character by character; before a blank that
    /// precedes the difference. When nothing differs the last common element stays out of the prompt (as upstream).
    /// </summary>
    /// <exception cref="ArgumentException">A side is empty, or both are not of one kind.</exception>
    public static JsonObject ExtractPrompt(JsonObject row)
    {
        if (row["chosen"] is JsonArray chosen && row["rejected"] is JsonArray rejected)
        {
            var cut = Cut(chosen.Count, rejected.Count, i => JsonNode.DeepEquals(chosen[i], rejected[i]), _ => false);
            return new() { ["prompt"] = Slice(chosen, 0, cut), ["chosen"] = Slice(chosen, cut, chosen.Count), ["rejected"] = Slice(rejected, cut, rejected.Count) };
        }

        var a = Runes(row, "chosen");
        var b = Runes(row, "rejected");
        var at = Cut(a.Length, b.Length, i => a[i] == b[i], i => a[i < 0 ? a.Length + i : i].Value == ' ');
        return new() { ["prompt"] = Slice(a, 0, at), ["chosen"] = Slice(a, at, a.Length), ["rejected"] = Slice(b, at, b.Length) };
    }

    /// <summary>Extracts the prompt only from preference rows whose prompt is still inside chosen and rejected.</summary>
    public static JsonObject MaybeExtractPrompt(JsonObject row)
    {
        if (!row.ContainsKey("chosen") || !row.ContainsKey("rejected"))
        {
            return Copy(row);
        }

        var explicitPrompt = row.ContainsKey("prompt")
            && IsConversational(new() { ["chosen"] = row["chosen"]?.DeepClone() }) == IsConversational(new() { ["prompt"] = row["prompt"]?.DeepClone() });
        return explicitPrompt ? Copy(row) : ExtractPrompt(row);
    }

    /// <summary>Each pair becomes two labelled rows: within a batch all chosen ones first, then all rejected ones.</summary>
    public static List<JsonObject> Unpair(IReadOnlyList<JsonObject> rows, int batch = Packing.DefaultBatch)
    {
        var result = new List<JsonObject>(rows.Count * 2);
        foreach (var group in rows.Chunk(batch))
        {
            result.AddRange(group.Select(r => Half(r, "chosen", label: true)));
            result.AddRange(group.Select(r => Half(r, "rejected", label: false)));
        }

        return result;
    }

    internal static JsonObject Copy(JsonObject row) => (JsonObject)row.DeepClone();

    private static JsonObject Half(JsonObject row, string side, bool label)
    {
        var result = Copy(row);
        result.Remove("chosen");
        result.Remove("rejected");
        result["completion"] = row[side]?.DeepClone();
        result["label"] = label;
        return result;
    }

    private static void Rename(JsonObject o, string from, string to)
    {
        if (o.ContainsKey(from))
        {
            var value = o[from];
            o.Remove(from);
            o[to] = value;
        }
    }

    // Python's indices: −1 is the last element, which upstream looks at when the very first differs.
    private static int Cut(int a, int b, Func<int, bool> same, Func<int, bool> blank)
    {
        if (Math.Min(a, b) == 0)
        {
            throw new ArgumentException("chosen or rejected is empty; there is no common prompt to find.");
        }

        for (var i = 0; i < Math.Min(a, b); i++)
        {
            if (!same(i))
            {
                return blank(i - 1) ? i - 1 : i;
            }
        }

        return Math.Min(a, b) - 1;
    }

    private static Rune[] Runes(JsonObject row, string name) => row[name] is JsonValue v && v.TryGetValue<string>(out var text)
        ? [.. text.EnumerateRunes()] : throw new ArgumentException($"{name} must be a text or a list of messages, like its counterpart.");

    private static string Slice(Rune[] text, int from, int to)
    {
        var b = new StringBuilder();
        foreach (var rune in text[(from < 0 ? Math.Max(0, text.Length + from) : from)..(to < 0 ? Math.Max(0, text.Length + to) : to)])
        {
            b.Append(rune);
        }

        return b.ToString();
    }

    private static JsonArray Slice(JsonArray list, int from, int to) => [.. list.Skip(from).Take(to - from).Select(m => m?.DeepClone())];
}
