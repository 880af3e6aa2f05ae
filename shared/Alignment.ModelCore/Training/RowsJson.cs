using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;

namespace Alignment.ModelCore.Training;

/// <summary>Rows as JSON, for the batch that is kept when a run stops.</summary>
public static class RowsJson
{
    public static JsonNode Of(IEnumerable<TokenRow> rows) => new JsonArray([.. rows.Select(r => (JsonNode)new JsonObject
    {
        ["input_ids"] = Ids(r.Ids), ["learn"] = new JsonArray([.. r.Learn.Select(x => (JsonNode)JsonValue.Create(x ? 1 : 0))]),
    })]);

    public static JsonNode Of(IEnumerable<TokenPair> pairs) => new JsonArray([.. pairs.Select(p => (JsonNode)new JsonObject
    {
        ["prompt_ids"] = Ids(p.Prompt), ["chosen_ids"] = Ids(p.Chosen), ["rejected_ids"] = Ids(p.Rejected),
    })]);

    public static JsonNode Of(IEnumerable<LabelledCompletion> rows) => new JsonArray([.. rows.Select(r => (JsonNode)new JsonObject
    {
        ["prompt_ids"] = Ids(r.Prompt), ["completion_ids"] = Ids(r.Completion), ["label"] = r.Label,
    })]);

    public static JsonNode Of(IEnumerable<StepwiseTokens> rows) => new JsonArray([.. rows.Select(r => (JsonNode)new JsonObject
    {
        ["input_ids"] = Ids(r.Ids), ["labels"] = Ids([.. r.Labels.Select(l => (int)l)]),
    })]);

    public static JsonNode Of(IEnumerable<TokenRanking> rows) => new JsonArray([.. rows.Select(r => (JsonNode)new JsonObject
    {
        ["prompt_ids"] = Ids(r.Group.Prompt), ["answers"] = new JsonArray([.. r.Group.Answers.Select(a => (JsonNode)Ids(a))]), ["ranks"] = new JsonArray([.. r.Ranks.Select(x => (JsonNode)x)]),
    })]);

    private static JsonArray Ids(int[] ids) => new([.. ids.Select(i => (JsonNode)JsonValue.Create(i))]);
}
