using System.Text.Json.Nodes;
using Alignment.ModelCore.Rollouts;

namespace Alignment.PolicyOptimization.Rewards;

/// <summary>
/// A reward endpoint: <c>POST {"items": [{"messages": […], "response": "…", "row": {…}}]}</c> is answered by <c>{"scores": [0.5, null, …]}</c>,
/// one number for each item in order, null where it cannot say.
/// </summary>
internal sealed class HttpReward(Uri address, RewardSourceOptions options) : IRewardSource
{
    private readonly JsonEndpoint endpoint = new("http", address, options);

    public string Name => "http";

    public IReadOnlyList<double> Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation) =>
        [.. items.Chunk(options.RequestSize).SelectMany(part => Ask(part, cancellation))];

    public void Dispose() => endpoint.Dispose();

    private double[] Ask(RewardItem[] items, CancellationToken cancellation)
    {
        var answer = endpoint.Post(new JsonObject
        {
            ["items"] = new JsonArray([.. items.Select(i => (JsonNode)new JsonObject { ["messages"] = i.Messages.DeepClone(), ["response"] = i.Response, ["row"] = i.Row.DeepClone() })]),
        }, cancellation);
        if (answer is not JsonObject o || o["scores"] is not JsonArray scores)
        {
            throw new RewardException(Name, $"the answer of {address} has no list 'scores': {JsonEndpoint.Shorten(answer.ToJsonString())}");
        }

        return scores.Count == items.Length
            ? [.. scores.Select((s, i) => Number(s, i, items.Length))]
            : throw new RewardException(Name, $"{address} gave {scores.Count} scores for {items.Length} responses. One number for each response is needed, in order.");
    }

    private double Number(JsonNode? score, int index, int count) => score switch
    {
        null => double.NaN,
        JsonValue v when v.TryGetValue<double>(out var d) && double.IsFinite(d) => d,
        _ => throw new RewardException(Name, $"{address} gave {score.ToJsonString()} for response {index + 1} of {count}, which is not a finite number."),
    };
}
