using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Unpaired rows from JSON Lines: <c>{"prompt", "completion", "label"}</c>, label true or false; a pair <c>{"prompt", "chosen", "rejected"}</c> counts as
/// two rows. As in TRL the rows of all chosen answers come first, so that neighbours do not share a prompt.
/// </summary>
public static class LabelledReader
{
    /// <exception cref="DataException">Lists every bad line.</exception>
    public static IReadOnlyList<LabelledRow> Read(params IEnumerable<string> files)
    {
        var lines = JsonLines.Read(files, Rows);
        return [.. lines.Select(l => l[0]), .. lines.Where(l => l.Length > 1).Select(l => l[1])];
    }

    private static LabelledRow[]? Rows(JsonLine line)
    {
        var rows = Labelled(line);
        foreach (var row in rows ?? [])
        {
            row.Origin = new(line.File, line.Number);
        }

        return rows;
    }

    private static LabelledRow[]? Labelled(JsonLine line)
    {
        if (line.Has("chosen") || line.Has("rejected"))
        {
            if (PreferenceReader.Row(line) is not { } pair)
            {
                return null;
            }

            if (pair.TieShare >= 1)
            {
                line.Fault("tie", "is true, so neither answer has a label.", "Remove the line, or write two rows with labels.");
                return null;
            }

            return [new(pair.Prompt, pair.Chosen, true, pair.Plain), new((JsonArray)pair.Prompt.DeepClone(), pair.Rejected, false, pair.Plain)];
        }

        var promptField = !line.Has("prompt") && line.Has("messages") ? "messages" : "prompt";
        var answerField = !line.Has("completion") && line.Has("response") ? "response" : "completion";
        var plain = line.Object[promptField] is not JsonArray;
        var prompt = PreferenceReader.Turns(line, promptField, "user");
        var completion = PreferenceReader.Turns(line, answerField, "assistant");
        return Label(line) is { } label && prompt is not null && completion is not null ? [new(prompt, completion, label, plain)] : null;
    }

    private static bool? Label(JsonLine line)
    {
        switch (line.Object["label"]?.GetValueKind())
        {
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            case JsonValueKind.Number when line.Object["label"]!.GetValue<double>() is 0 or 1:
                return line.Object["label"]!.GetValue<double>() == 1;
            default:
                line.Fault("label", line.Has("label") ? $"is {JsonLine.Kind(line.Object["label"])}, not true or false." : "is missing.", "Write true for a desirable answer, false for an undesirable one.");
                return null;
        }
    }
}
