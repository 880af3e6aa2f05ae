using Alignment.Suite.Demo.Annotators;

namespace Alignment.Suite.Tests.Demo;

public sealed class SimulatedAnnotatorTests
{
    private static readonly ShownAnswer[] Shown = [new("A", "bad"), new("B", "good"), new("C", "fair"), new("D", "fair too")];

    private static double Score(string text) => text switch { "good" => 1, "bad" => 0.2, _ => 0.6 };

    [Fact]
    public void Rank_NoErrors_FollowsTheRubricWithTies()
    {
        var annotator = new SimulatedAnnotator("x", 1, new() { ErrorRate = 0, Disagreement = 0, PositionBias = 0 });

        Assert.Equal(["B", "C+D", "A"], annotator.Rank("q", Shown, Score).Select(g => string.Join('+', g)));
    }

    [Fact]
    public void Rank_PositionBias_LiftsTheFirstShown()
    {
        var annotator = new SimulatedAnnotator("x", 1, new() { ErrorRate = 0, Disagreement = 0, PositionBias = 1 });

        Assert.Equal("A", annotator.Rank("q", Shown, Score)[0].Single());
    }

    [Fact]
    public void Rank_SameSeed_SameRanking_OtherHandleSometimesAnother()
    {
        var settings = new SimulatedAnnotatorSettings { Disagreement = 0.5 };
        List<string> Of(string handle, int seed) => [.. Enumerable.Range(0, 50).Select(i => string.Join('>', new SimulatedAnnotator(handle, seed, settings).Rank($"q{i}", Shown, Score).Select(g => string.Join('+', g))))];

        Assert.Equal(Of("x", 1), Of("x", 1));
        Assert.NotEqual(Of("x", 1), Of("y", 1));
        Assert.NotEqual(Of("x", 1), Of("x", 2));
    }

    [Fact]
    public void Rank_ErrorRateOne_IsAtRandom()
    {
        var settings = new SimulatedAnnotatorSettings { ErrorRate = 1 };
        var firsts = Enumerable.Range(0, 400).Count(i => new SimulatedAnnotator("x", 1, settings).Rank($"q{i}", Shown, Score)[0].Single() == "B");

        Assert.InRange(firsts, 70, 130);
    }

    [Fact]
    public void Rank_PlacesEveryAnswerOnce()
    {
        var ranking = new SimulatedAnnotator("x", 3, new() { Disagreement = 0.3 }).Rank("q", Shown, Score);

        Assert.Equal(["A", "B", "C", "D"], ranking.SelectMany(g => g).Order());
    }
}
