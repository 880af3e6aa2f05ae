using Alignment.Ui.Features.Annotate;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Alignment.Ui.Tests.Annotate;

public sealed class RankingFormTests
{
    [Fact]
    public void Read_PlacesWithGapAndTie_AreGroupsInOrder()
    {
        var form = Read(["A", "B", "C", "D"], ("place-A", "4"), ("place-B", "1"), ("place-C", "4"), ("place-D", "2"));
        Assert.Equal([["B"], ["D"], ["A", "C"]], form.Groups());
    }

    [Theory]
    [InlineData("A", "A,B")]
    [InlineData("B", "B,A")]
    [InlineData("tie", "AB")]
    public void Read_VerdictOnTwo_IsARanking(string verdict, string expected) =>
        Assert.Equal(expected, string.Join(',', Read(["A", "B"], ("verdict", verdict)).Groups().Select(g => string.Concat(g))));

    [Theory]
    [InlineData("0")]
    [InlineData("3")]
    [InlineData("-1")]
    [InlineData("1e3")]
    [InlineData("")]
    public void Read_PlaceOutOfRange_IsMissing(string place) => Assert.Equal(["B"], Read(["A", "B"], ("place-A", "1"), ("place-B", place)).Missing(["A", "B"]));

    private static RankingForm Read(string[] labels, params (string, string)[] fields) =>
        RankingForm.Read(new FormCollection(fields.ToDictionary(f => f.Item1, f => new StringValues(f.Item2))), labels);
}
