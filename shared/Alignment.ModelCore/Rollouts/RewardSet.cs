using Alignment.ModelCore.Advantages;

namespace Alignment.ModelCore.Rollouts;

/// <summary>A source and how much its score counts in the sum.</summary>
public sealed record WeightedReward(IRewardSource Source, double Weight = 1);

/// <summary>The rewards of a run: one or more sources with weights. A response that no source can score is unscorable: it has no advantage.</summary>
public sealed class RewardSet(IReadOnlyList<WeightedReward> rewards) : IDisposable
{
    public IReadOnlyList<WeightedReward> Rewards { get; } = rewards.Count > 0 ? rewards : throw new ArgumentException("A run needs at least one reward source.", nameof(rewards));

    public IReadOnlyList<string> Names { get; } = Unique(rewards);

    /// <summary>Scores of every source for every item: N rows of K.</summary>
    public RewardTable Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation)
    {
        var columns = Rewards.Select(r => RewardScores.Of(r.Source, items, cancellation)).ToList();
        return new([.. Enumerable.Range(0, items.Count).Select(i => columns.Select(c => c[i]).ToArray())], [.. Rewards.Select(r => r.Weight)]);
    }

    public void Dispose()
    {
        foreach (var r in Rewards)
        {
            r.Source.Dispose();
        }
    }

    private static string[] Unique(IReadOnlyList<WeightedReward> rewards) =>
        [.. rewards.Select((r, i) => rewards.Count(o => o.Source.Name == r.Source.Name) == 1 ? r.Source.Name : $"{r.Source.Name}_{i + 1}")];
}
