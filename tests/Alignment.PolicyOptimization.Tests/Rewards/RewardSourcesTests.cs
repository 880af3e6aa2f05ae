using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Rewards;

namespace Alignment.PolicyOptimization.Tests.Rewards;

public sealed class RewardSourcesTests : IDisposable
{
    private readonly string file = Path.GetTempFileName();

    public void Dispose() => File.Delete(file);

    [Theory]
    [InlineData("length:2..4", "one two", 1)]
    [InlineData("length:2..4", "one two three", 0.5)]
    [InlineData("length:2..4", "one two three four five", 0)]
    [InlineData("regex:^Hello", "Hello you", 1)]
    [InlineData("not_regex:\\d", "call 55", 0)]
    [InlineData("contains:facts", "Open Wallet", 0.5)]
    [InlineData("equals:answer", " 42 ", 1)]
    [InlineData("think_format", "<think>x</think>y", 1)]
    public void Open_Rule_ScoresByHand(string source, string response, double expected)
    {
        using var reward = RewardSources.Open(source, new(), "");
        Assert.Equal([expected], reward.Score([Item(response)], CancellationToken.None));
    }

    [Fact]
    public void Open_FieldThatTheRowLacks_IsNotScored()
    {
        using var reward = RewardSources.Open("equals:nothing", new(), "");
        Assert.Equal([double.NaN], reward.Score([Item("x")], CancellationToken.None));
    }

    [Fact]
    public void Open_Rubric_ScoresFactsOfTheRow()
    {
        File.WriteAllText(file, """{"name": "t", "languages": ["en"], "criteria": [{"id": "facts", "kind": "facts"}]}""");
        using var reward = RewardSources.Open("rubric:" + file, new(), "");
        Assert.Equal([0.5], reward.Score([Item("Open Wallet")], CancellationToken.None));
    }

    [Theory]
    [InlineData(nameof(Whole), 2)]
    [InlineData(nameof(Texts), 10)]
    public void Open_Function_OfAnAssembly(string method, double expected)
    {
        using var reward = RewardSources.Open($"function:{typeof(RewardSourcesTests).Assembly.Location}!{typeof(RewardSourcesTests).FullName}.{method}", new(), "");
        Assert.Equal([expected], reward.Score([Item("four")], CancellationToken.None));
    }

    [Fact]
    public void Create_SeveralSources_AddUpByWeight()
    {
        using var set = RewardSources.Create(new() { Sources = ["length:2..4", "regex:one"], Weights = [2, -1] }, "");
        var table = set.Score([Item("one two three")], CancellationToken.None);
        Assert.Equal(["length", "regex"], set.Names);
        Assert.Equal([[0.5, 1]], table.Rewards);
        Assert.Equal([2.0, -1], table.Weights);
    }

    [Theory]
    [InlineData("""{"reward": {"sources": "modle:x"}}""", "did you mean model?")]
    [InlineData("""{"reward": {"sources": ["regex:a", "length:1..2"], "weights": 1}}""", "weights has 1 numbers for 2 sources")]
    [InlineData("""{"reward": {"sources": "regex:a", "judge_model": "m"}}""", "judge_model has no effect without a judge")]
    [InlineData("""{"reward": {"sources": "regex:"}}""", "says nothing after 'regex:'")]
    public void Options_Wrong_AreRefused(string keys, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<Job>(JsonNode.Parse(keys)!.AsObject()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("length:4..2")]
    [InlineData("regex:(")]
    [InlineData("rubric:/nowhere.json")]
    [InlineData("function:/nowhere.dll!A.B")]
    [InlineData("function:x")]
    public void Open_WhatCannotBeOpened_NamesTheSource(string source) =>
        Assert.Contains($"'{source}' cannot be opened", Assert.Throws<OptionsException>(() => RewardSources.Open(source, new(), "")).Message, StringComparison.Ordinal);

    public static double Whole(RewardItem item) => item.ResponseIds.Length;

    public static double Texts(string prompt, string response) => prompt.Length + response.Length;

    private static RewardItem Item(string response) => new([new JsonObject { ["role"] = "user", ["content"] = "prompt" }], response, [1], [2, 3], true,
        new JsonObject { ["language"] = "en", ["facts"] = new JsonArray("Wallet", "Pay"), ["answer"] = "42" });

    private sealed class Job
    {
        [OptionGroup]
        public RewardSourceOptions Reward { get; init; } = new();
    }
}
