using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;

namespace Alignment.SupervisedFineTuning.Recipes.Meta;

/// <summary>
/// Examples of a task in front of a question of the same task, the loss on the last answer alone (Min et al. 2022, §3.1). With a chat
/// template they are earlier turns of the conversation; without one they are joined as text. Where the window is too short, the first
/// examples are left out.
/// </summary>
/// <param name="everyAnswer">Every answer is learned, each from the examples before it: one row teaches 0, 1, 2, … demonstrations.</param>
internal sealed class Demonstrations(RowEncoder encoder, int maxLength, bool everyAnswer = false)
{
    private readonly string learn = everyAnswer ? "assistant" : "last";

    /// <summary>Times an example did not fit.</summary>
    public int LeftOut { get; private set; }

    public TokenRow Of(IReadOnlyList<SftRow> shown, SftRow asked)
    {
        for (var from = 0; from < shown.Count; from++)
        {
            var row = Joined([.. shown.Skip(from)], asked);
            if (row.Ids.Length <= maxLength)
            {
                LeftOut += from;
                return row;
            }
        }

        LeftOut += shown.Count;
        return encoder.Encode(asked, "last").Truncate(maxLength, keepEnd: false);
    }

    private TokenRow Joined(IReadOnlyList<SftRow> shown, SftRow asked)
    {
        if (encoder.HasTemplate)
        {
            // A system message is said once, by the question's own row.
            var before = shown.SelectMany(r => r.Messages.Where(m => m!["role"]!.GetValue<string>() != "system"));
            var system = asked.Messages.Where(m => m!["role"]!.GetValue<string>() == "system");
            var rest = asked.Messages.Where(m => m!["role"]!.GetValue<string>() != "system");
            return encoder.Encode(asked with { Messages = new JsonArray([.. system.Concat(before).Concat(rest).Select(m => m!.DeepClone())]) }, learn);
        }

        var parts = shown.Select(r => encoder.Encode(r, "last")).ToList();
        var last = encoder.Encode(asked, "last");
        return new([.. parts.SelectMany(p => p.Ids), .. last.Ids], [.. parts.SelectMany(p => everyAnswer ? p.Learn : new bool[p.Ids.Length]), .. last.Learn], asked.Weight);
    }
}
