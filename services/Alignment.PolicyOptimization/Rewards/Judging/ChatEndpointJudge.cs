using System.Text.Json.Nodes;
using Alignment.ModelCore.Rollouts;

namespace Alignment.PolicyOptimization.Rewards.Judging;

/// <summary>A judge behind an OpenAI-compatible <c>/v1/chat/completions</c>; the best token is always taken.</summary>
internal sealed class ChatEndpointJudge(Uri address, RewardSourceOptions options) : IJudge
{
    private const int ReplyTokens = 16;
    private readonly JsonEndpoint endpoint = new("judge", address, options, Key(options));

    public IReadOnlyList<string> Ask(IReadOnlyList<JsonArray> conversations, CancellationToken cancellation) =>
        [.. conversations.Select(c => Reply(c, cancellation))];

    public void Dispose() => endpoint.Dispose();

    private string Reply(JsonArray conversation, CancellationToken cancellation)
    {
        var answer = endpoint.Post(new JsonObject
        {
            ["model"] = options.JudgeModel, ["messages"] = conversation.DeepClone(), ["temperature"] = 0, ["max_tokens"] = ReplyTokens,
        }, cancellation);
        try
        {
            return answer["choices"]![0]!["message"]!["content"]!.GetValue<string>();
        }
        catch (Exception e) when (e is NullReferenceException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            throw new RewardException("judge", $"the answer of {address} has no choices[0].message.content: {JsonEndpoint.Shorten(answer.ToJsonString())}", e);
        }
    }

    private static string? Key(RewardSourceOptions options) => options.JudgeKeyVariable.Length == 0 ? null : Environment.GetEnvironmentVariable(options.JudgeKeyVariable)
        ?? throw new ArgumentException($"the environment has no variable {options.JudgeKeyVariable} (judge_key_variable).");
}
