using Alignment.Statistics.Agreement;

namespace Alignment.Statistics.Tests;

/// <summary>Vectors of Krippendorff (2011) and of the textbooks, not of this code.</summary>
public sealed class AgreementTests
{
    private static readonly double?[][] FourPeopleTwelveUnits =
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, null, null, null],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, null, 3],
        [null, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, null],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, null],
    ];

    [Theory]
    [InlineData(RatingDistance.Nominal, .7434)]
    [InlineData(RatingDistance.Ordinal, .8154)]
    [InlineData(RatingDistance.Interval, .8491)]
    [InlineData(RatingDistance.Ratio, .7974)]
    public void Alpha_PublishedExample_Agrees(RatingDistance distance, double expected) =>
        Assert.Equal(expected, KrippendorffAlpha.Compute(FourPeopleTwelveUnits, distance)!.Value, 4);

    [Fact]
    public void Alpha_OneValueOnly_IsUndefined() => Assert.Null(KrippendorffAlpha.Compute([[1, 1], [1, 1]], RatingDistance.Nominal));

    [Fact]
    public void Alpha_NobodySharesAnItem_IsUndefined() => Assert.Null(KrippendorffAlpha.Compute([[1, null], [null, 2]], RatingDistance.Nominal));

    [Fact]
    public void Tau_TiesInOneRanking_Agrees() => Assert.Equal(.9129, RankAgreement.Tau([1, 2, 2, 4], [1, 3, 2, 4]).B, 4);

    [Fact]
    public void Concordance_ThreeRaters_Agrees() =>
        Assert.Equal(.7778, RankAgreement.Concordance([[1, 2, 3, 4], [1, 3, 2, 4], [2, 1, 3, 4]]).W, 4);
}
