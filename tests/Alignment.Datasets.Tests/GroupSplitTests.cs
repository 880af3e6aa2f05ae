using Alignment.Datasets.Split;

namespace Alignment.Datasets.Tests;

public sealed class GroupSplitTests
{
    [Fact]
    public void Of_ManyGroups_KeepsGroupsTogetherAndNearTheFraction()
    {
        var rows = Enumerable.Range(0, 2000).Select(i => (Group: $"g{i / 2}", Row: i)).ToList();
        var (train, heldout) = GroupSplit.Of(rows, r => r.Group, 0.2, 1);
        Assert.Empty(train.Select(r => r.Group).Intersect(heldout.Select(r => r.Group)));
        Assert.Equal(2000, train.Count + heldout.Count);
        // 1000 groups at 0.2: four standard deviations are 51 groups.
        Assert.InRange(heldout.Count / 2, 149, 251);
    }

    [Fact]
    public void Of_MoreRowsLater_LeavesOldGroupsOnTheirSide()
    {
        var few = Enumerable.Range(0, 200).Select(i => $"g{i}").ToList();
        var many = Enumerable.Range(0, 400).Select(i => $"g{i}").ToList();
        var heldout = GroupSplit.Of(few, g => g, 0.3, 5).Heldout;
        Assert.Equal(heldout, GroupSplit.Of(many, g => g, 0.3, 5).Heldout.Where(few.Contains));
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.999)]
    public void Of_TwoGroups_LeavesNoSideEmpty(double fraction)
    {
        var (train, heldout) = GroupSplit.Of(["a", "b"], g => g, fraction, 0);
        Assert.Equal((1, 1), (train.Count, heldout.Count));
    }

    [Fact]
    public void Of_FractionZero_HoldsNothingOut() => Assert.Empty(GroupSplit.Of(["a", "b", "c"], g => g, 0, 0).Heldout);
}
