using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;

namespace Alignment.PolicyOptimization.Rewards;

/// <summary>The fields that rules read from a prompt's row, looked at before anything is sampled.</summary>
internal static class RewardFields
{
    /// <exception cref="DataException">Names every row with a field of the wrong kind, and every field that no row has.</exception>
    public static void Check(IReadOnlyList<string> sources, IReadOnlyList<PromptRow> rows)
    {
        var problems = new List<DataProblem>();
        foreach (var (source, field) in sources.SelectMany(Fields).Distinct())
        {
            problems.AddRange(rows.Select((row, i) => (row, i)).Where(r => !Fits(source, field, r.row.Line[field])).Select(r => At(r.row, r.i, field,
                $"is {Shorten(r.row.Line[field]!.ToJsonString())}, and the reward {source} reads {(field == "language" ? "a text" : "a text or a list of texts")} there.", "Mend the row.")));
            if (source != "rubric" && rows.Count > 0 && rows.All(r => r.Line[field] is null))
            {
                problems.Add(At(rows[0], 0, field, $"is missing, here and in every other row, and the reward {source}:{field} reads it.", "Add the field to the rows, or name another in reward.sources."));
            }
        }

        if (problems.Count > 0)
        {
            throw new DataException(problems);
        }
    }

    private static IEnumerable<(string Source, string Field)> Fields(string source) => source.Split(':', 2) switch
    {
        ["rubric", _] => [("rubric", "language"), ("rubric", "facts")],
        [("contains" or "equals") and var rule, var field] => [(rule, field)],
        _ => [],
    };

    // A rule has no opinion on a row without its field: other rewards may have one.
    private static bool Fits(string source, string field, JsonNode? value) => value switch
    {
        null => true,
        JsonArray list => field != "language" && list.All(t => t?.GetValueKind() == JsonValueKind.String),
        _ => value.GetValueKind() == JsonValueKind.String || (source == "equals" && value.GetValueKind() == JsonValueKind.Number),
    };

    private static DataProblem At(PromptRow row, int index, string field, string what, string remedy) => new(row.Origin?.File ?? "data", row.Origin?.Line ?? index + 1, field, what, remedy);

    private static string Shorten(string json) => json.Length <= 60 ? json : json[..60] + "…";
}
