namespace Alignment.ModelCore.Rollouts;

/// <summary>A C# function as a reward: one response at a time.</summary>
public sealed class FunctionReward(string name, Func<RewardItem, double> score) : IRewardSource
{
    public string Name { get; } = name;

    public IReadOnlyList<double> Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation)
    {
        var scores = new double[items.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                scores[i] = score(items[i]);
            }
            catch (Exception e) when (e is not OperationCanceledException and not RewardException)
            {
                throw new RewardException(Name, $"failed on response {i + 1} of {scores.Length}: {e.Message}", e);
            }
        }

        return scores;
    }

    public void Dispose()
    {
    }
}
