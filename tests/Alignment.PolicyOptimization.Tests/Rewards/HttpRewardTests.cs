using System.Text.Json.Nodes;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Rewards;

namespace Alignment.PolicyOptimization.Tests.Rewards;

public sealed class HttpRewardTests
{
    private static readonly RewardSourceOptions Options = new() { Timeout = 0.3, Retries = 2, RetryDelay = 0.001, RequestSize = 2 };

    [Fact]
    public void Score_AnswersInOrder_AreTheScores()
    {
        using var endpoint = new Endpoint((_, body) => (200, new JsonObject
        {
            ["scores"] = new JsonArray([.. JsonNode.Parse(body)!["items"]!.AsArray().Select(i => (JsonNode)i!["response"]!.GetValue<string>().Length)]),
        }.ToJsonString()));
        using var reward = new HttpReward(endpoint.Address, Options);
        Assert.Equal([1, 2, 3], reward.Score(Items("a", "bb", "ccc"), CancellationToken.None));
        Assert.Equal(2, endpoint.Received.Count); // two items a request
        Assert.Equal("pt", (string?)JsonNode.Parse(endpoint.Received[0])!["items"]![0]!["row"]!["language"]);
    }

    [Fact]
    public void Score_Null_IsNotScored()
    {
        using var endpoint = new Endpoint((_, _) => (200, """{"scores": [null]}"""));
        using var reward = new HttpReward(endpoint.Address, Options);
        Assert.Equal([double.NaN], reward.Score(Items("a"), CancellationToken.None));
    }

    [Fact]
    public void Score_EndpointThatRecovers_IsAskedAgain()
    {
        using var endpoint = new Endpoint((n, _) => n < 2 ? (503, "busy") : (200, """{"scores": [4]}"""));
        using var reward = new HttpReward(endpoint.Address, Options);
        Assert.Equal([4], reward.Score(Items("a"), CancellationToken.None));
        Assert.Equal(3, endpoint.Received.Count);
    }

    [Theory]
    [InlineData(200, """{"scores": [1, 2, 3]}""", "gave 3 scores for 1 responses", 1)]
    [InlineData(200, """{"scores": [NaN]}""", "holds NaN", 1)]
    [InlineData(200, """{"scores": ["high"]}""", "gave \"high\" for response 1 of 1", 1)]
    [InlineData(200, """{"scores": [1], "scores": [2]}""", "has a field twice", 1)]
    [InlineData(200, """<html>hello</html>""", "is not JSON: <html>hello", 1)]
    [InlineData(200, """{"score": 1}""", "has no list 'scores'", 1)]
    [InlineData(401, "who are you", "status 401, who are you (1 attempts)", 1)]
    [InlineData(500, "broken", "status 500, broken (3 attempts)", 3)]
    public void Score_Fault_IsNamed(int status, string body, string expected, int requests)
    {
        using var endpoint = new Endpoint((_, _) => (status, body));
        using var reward = new HttpReward(endpoint.Address, Options);
        var e = Assert.Throws<RewardException>(() => reward.Score(Items("a"), CancellationToken.None));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.Equal(requests, endpoint.Received.Count);
    }

    [Fact]
    public void Score_EndpointThatNeverAnswers_TimesOut()
    {
        using var endpoint = new Endpoint((_, _) => null);
        using var reward = new HttpReward(endpoint.Address, Options);
        var e = Assert.Throws<RewardException>(() => reward.Score(Items("a"), CancellationToken.None));
        Assert.Contains("gave no answer within 0.3 s in 3 attempts", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_NobodyListens_IsNamed()
    {
        var endpoint = new Endpoint((_, _) => null);
        endpoint.Dispose();
        using var reward = new HttpReward(endpoint.Address, Options);
        Assert.Contains("Connection refused", Assert.Throws<RewardException>(() => reward.Score(Items("a"), CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    internal static IReadOnlyList<RewardItem> Items(params string[] responses) =>
        [.. responses.Select(r => new RewardItem([new JsonObject { ["role"] = "user", ["content"] = "Olá?" }], r, [1], [2, 3], true, new JsonObject { ["language"] = "pt" }))];
}
