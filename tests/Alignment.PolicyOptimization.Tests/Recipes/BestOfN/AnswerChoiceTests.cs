using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.PolicyOptimization.Recipes.BestOfN;

namespace Alignment.PolicyOptimization.Tests.Recipes.BestOfN;

public sealed class AnswerChoiceTests
{
    [Theory]
    [InlineData("best", new[] { 1 })]
    [InlineData("top_k", new[] { 1, 3 })]
    [InlineData("threshold", new[] { 0, 1, 3 })]
    public void Of_Keep_TakesByScore(string keep, int[] expected) =>
        Assert.Equal(expected.Order(), AnswerChoice.Of(Answers(0.5, 0.9, 0.1, 0.7), new() { Keep = keep, MinScore = 0.5, TopAnswers = 2 }).Select(a => a.Sample).Order());

    [Fact]
    public void Of_UnscoredAndCutAnswers_AreNotLearned()
    {
        ScoredAnswer[] answers = [.. Answers(double.NaN, 0.2, 0.9, 0.5)];
        answers[2] = answers[2] with { Ended = false };
        Assert.Equal(3, Assert.Single(AnswerChoice.Of(answers, new())).Sample);
        Assert.Equal(2, Assert.Single(AnswerChoice.Of(answers, new() { LongAnswers = "keep" })).Sample);
    }

    [Fact]
    public void Of_EqualScores_TeachNothing()
    {
        Assert.Empty(AnswerChoice.Of(Answers(0.5, 0.5), new()));
        Assert.Single(AnswerChoice.Of(Answers(0.5, 0.5), new() { DropEqual = false }));
    }

    [Fact]
    public void Of_TheSameAnswerTwice_IsKeptOnce()
    {
        var answers = Answers(0.9, 0.9, 0.1);
        answers[1] = answers[1] with { Ids = answers[0].Ids };
        Assert.Equal([0, 2], AnswerChoice.Of(answers, new() { Keep = "top_k", TopAnswers = 2 }).Select(a => a.Sample));
    }

    // Accept with exp((score − best)/β): the best always, one that is β·ln 2 worse half of the time.
    [Fact]
    public void Of_Rejection_AcceptsByTheExponential()
    {
        var kept = Enumerable.Range(0, 4000).SelectMany(row => AnswerChoice.Of([.. Answers(1, 1 - (0.5 * Math.Log(2))).Select(a => a with { Row = row })], new() { Keep = "rejection", RejectionBeta = 0.5 })).ToList();
        Assert.Equal(4000, kept.Count(a => a.Sample == 0));
        Assert.Equal(2000, kept.Count(a => a.Sample == 1), 130.0); // four standard deviations
    }

    // Scores 1 … 4: best of 1 is 2.5; of 2 (2·1 + 3·2 + 4·3)/6 = 20/6; of 4 it is 4. Bound: ln n − (n − 1)/n.
    [Fact]
    public void OrderStatistics_OfKnownScores_AreExact()
    {
        var statistics = OrderStatistics.Of([[4, 2, 1, 3], [double.NaN, 1, 1, 1]]);
        Assert.Equal([1, 2, 4], statistics.N);
        Assert.Equal([2.5, 20.0 / 6, 4], statistics.Reward.Select(r => Math.Round(r, 12)).Select((r, i) => i == 1 ? 20.0 / 6 : r));
        Assert.Equal(20.0 / 6, statistics.Reward[1], 12);
        Assert.Equal(Math.Log(4) - 0.75, statistics.KlBound[2], 12);
    }

    [Theory]
    [InlineData("""{"top_answers": 2}""", "top_answers needs keep: top_k")]
    [InlineData("""{"keep": "threshold"}""", "keep: threshold needs min_score")]
    [InlineData("""{"keep": "top_k", "top_answers": 9}""", "top_answers (9) exceeds samples_per_prompt (8)")]
    public void Options_Contradictory_AreRefused(string keys, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<BestOfNOptions>(JsonNode.Parse(keys)!.AsObject()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private static ScoredAnswer[] Answers(params double[] scores) => [.. scores.Select((s, i) => new ScoredAnswer(0, i, [i, 2], true, s))];
}
