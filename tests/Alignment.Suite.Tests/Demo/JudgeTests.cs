using Alignment.Suite.Demo.Annotators;
using Alignment.Text.Rubrics;

namespace Alignment.Suite.Tests.Demo;

public sealed class JudgeTests
{
    private static readonly Rubric Rubric = Rubric.Parse("""
        {"name":"t","languages":["en"],"criteria":[{"id":"concise","kind":"length","full_marks_words":2,"no_marks_words":6}]}
        """);

    private static readonly (string, string)[] Choices = [("A", "one two three four"), ("B", "one two"), ("C", "one two three four five six")];

    private static readonly AnnotatorSettings Exact = new() { ErrorRate = 0, PositionBias = 0, Disagreement = 0 };

    [Fact]
    public void Rank_WithoutNoise_FollowsTheRubric() =>
        Assert.Equal(["B", "A", "C"], Flat(Exact));

    [Fact]
    public void Rank_StrongPositionBias_PutsTheFirstShownFirst() =>
        Assert.Equal("A", Flat(Exact with { PositionBias = 1 })[0]);

    [Fact]
    public void Rank_EqualAnswers_AreATie()
    {
        var groups = new Judge("j", Rubric, Exact, 1).Rank("p", new("en", []), [("A", "one two"), ("B", "two one")]);
        Assert.Equal(["A", "B"], Assert.Single(groups).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rank_AlwaysSlipping_StillPlacesEveryLabelOnce() =>
        Assert.Equal(["A", "B", "C"], Flat(Exact with { ErrorRate = 1 }).Order(StringComparer.Ordinal));

    [Fact]
    public void Rank_SameSeed_IsTheSameInAnyOrderOfWork()
    {
        var noisy = new AnnotatorSettings { Disagreement = 0.5 };
        Assert.Equal(Flat(noisy), Flat(noisy));
    }

    private static List<string> Flat(AnnotatorSettings settings) => [.. new Judge("j", Rubric, settings, 7).Rank("p", new("en", []), Choices).SelectMany(g => g)];
}
