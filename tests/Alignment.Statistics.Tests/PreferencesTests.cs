using Alignment.Statistics.Hypotheses;
using Alignment.Statistics.Intervals;
using Alignment.Statistics.Language;
using Alignment.Statistics.Preferences;

namespace Alignment.Statistics.Tests;

public sealed class PreferencesTests
{
    [Theory]
    [InlineData(55, 100, .4524, .6439)]
    [InlineData(550, 1000, .5190, .5806)]
    public void Wilson_PublishedVectors_Agree(int wins, int n, double low, double high)
    {
        var i = ProportionInterval.Wilson(wins, n);

        Assert.Equal(low, i.Low, 4);
        Assert.Equal(high, i.High, 4);
    }

    [Fact]
    public void McNemar_FifteenAgainstFive_Agrees()
    {
        Assert.Equal(.0414, McNemarTest.Exact(15, 5), 4);
        Assert.Equal(4.05, McNemarTest.ChiSquared(15, 5).Statistic, 10);
    }

    [Fact]
    public void WinRate_MarginMakesTies() => Assert.Equal(new WinRate(1, 1, 1), WinRate.Of([1, 2, 3], [2, 1.9, 1], 0.2));

    // q = .9 for both: agreement .81 + .01 = .82.
    [Fact]
    public void Ceiling_UndoesAgreementOfTwoPeople() => Assert.Equal(.9, PairAccuracy.Ceiling(.82), 12);

    [Fact]
    public void SampledPermutation_ApproachesExact()
    {
        double[] d = [.5, 1.2, -.3, .8, .1, -.9, 1.1, .4, .7, -.2];

        Assert.Equal(PairedPermutationTest.Exact(d).TwoSided, PairedPermutationTest.Sampled(d, 40_000, 3).TwoSided, 2);
    }

    [Fact]
    public void Perplexity_AveragesOverTokensNotTexts() =>
        Assert.Equal(Math.Exp(1.25), Perplexity.OfTokens([new(1, 1), new(4, 3)]), 12);

    [Fact]
    public void StridedWindows_ScoreEveryTokenButTheFirstOnce() =>
        Assert.Equal(9, StridedWindows.Over(10, 4, 2).Sum(w => w.ScoredTokens));
}
