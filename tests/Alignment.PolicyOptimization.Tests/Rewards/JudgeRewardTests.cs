using System.Text.Json.Nodes;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Rewards.Judging;

namespace Alignment.PolicyOptimization.Tests.Rewards;

public sealed class JudgeRewardTests
{
    [Fact]
    public void Score_HonestJudge_RanksByShareOfPairsWon()
    {
        using var reward = new JudgeReward(new Judge(Longer), new(), []);
        Assert.Equal([0, 0.5, 1], reward.Score(HttpRewardTests.Items("a", "bb", "ccc"), CancellationToken.None));
        Assert.Equal(1, reward.Consistency);
    }

    [Fact]
    public void Score_JudgeThatSaysTie_GivesHalf() =>
        Assert.Equal([0.5, 0.5], new JudgeReward(new Judge((_, _) => "T"), new(), []).Score(HttpRewardTests.Items("a", "bb"), CancellationToken.None));

    [Fact]
    public void Score_JudgeThatFollowsThePlace_IsRefused()
    {
        using var reward = new JudgeReward(new Judge((_, _) => "A"), new(), []);
        var e = Assert.Throws<RewardException>(() => reward.Score(HttpRewardTests.Items("a", "bb"), CancellationToken.None));
        Assert.Contains("It follows the place, not the answer", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_PlaceAllowedByOptions_IsATie()
    {
        using var reward = new JudgeReward(new Judge((_, _) => "A"), new() { JudgeConsistency = 0 }, []);
        Assert.Equal([0.5, 0.5], reward.Score(HttpRewardTests.Items("a", "bb"), CancellationToken.None));
        Assert.Equal(0, reward.Consistency);
    }

    [Fact]
    public void Score_JudgeThatFailsTheCanaries_IsRefusedBeforeItJudges()
    {
        using var reward = new JudgeReward(new Judge(Longer), new(), [new([new JsonObject { ["role"] = "user", ["content"] = "2 + 2?" }], Better: "4", Worse: "It is certainly 5.")]);
        var e = Assert.Throws<RewardException>(() => reward.Score(HttpRewardTests.Items("a", "bb"), CancellationToken.None));
        Assert.Contains("of 1 canaries", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_JudgeThatRambles_IsRefused()
    {
        using var reward = new JudgeReward(new Judge((_, _) => "Well, who can say."), new(), []);
        Assert.Contains("such as “Well, who can say.”", Assert.Throws<RewardException>(() => reward.Score(HttpRewardTests.Items("a", "bb"), CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_OneAnswerToAPrompt_IsRefused()
    {
        using var reward = new JudgeReward(new Judge(Longer), new(), []);
        Assert.Contains("Sample two or more", Assert.Throws<RewardException>(() => reward.Score(HttpRewardTests.Items("a"), CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ChatEndpoint_OpenAiReply_IsRead()
    {
        using var endpoint = new Endpoint((_, body) =>
        {
            var question = (string)JsonNode.Parse(body)!["messages"]![0]!["content"]!;
            return (200, new JsonObject { ["choices"] = new JsonArray(new JsonObject { ["message"] = new JsonObject { ["content"] = Reply(question, Longer) } }) }.ToJsonString());
        });
        using var reward = new JudgeReward(new ChatEndpointJudge(endpoint.Address, new() { JudgeModel = "judge-1" }), new(), []);
        Assert.Equal([0, 1], reward.Score(HttpRewardTests.Items("a", "bb"), CancellationToken.None));
        Assert.Equal("judge-1", (string?)JsonNode.Parse(endpoint.Received[0])!["model"]);
    }

    [Fact]
    public void ChatEndpoint_OtherShape_IsNamed()
    {
        using var endpoint = new Endpoint((_, _) => (200, "{}"));
        using var judge = new ChatEndpointJudge(endpoint.Address, new());
        Assert.Contains("has no choices[0].message.content", Assert.Throws<RewardException>(() => judge.Ask([[]], CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("A", 1.0)]
    [InlineData("Answer B.", 0.0)]
    [InlineData("**T**", 0.5)]
    [InlineData("Both are bad", null)]
    public void Read_Reply_FindsTheLetter(string reply, double? expected) => Assert.Equal(expected, PairQuestion.Read(reply));

    private static string Longer(string first, string second) => first.Length == second.Length ? "T" : first.Length > second.Length ? "A" : "B";

    private static string Reply(string question, Func<string, string, string> choose)
    {
        var parts = question.Split(["[Answer A]\n", "\n\n[Answer B]\n", "\n\nWhich"], StringSplitOptions.None);
        return choose(parts[1], parts[2]);
    }

    private sealed class Judge(Func<string, string, string> choose) : IJudge
    {
        public IReadOnlyList<string> Ask(IReadOnlyList<JsonArray> conversations, CancellationToken cancellation) =>
            [.. conversations.Select(c => Reply((string)c[0]!["content"]!, choose))];

        public void Dispose()
        {
        }
    }
}
