namespace Alignment.ModelCore.Rollouts;

/// <summary>
/// What a response is worth: a reward model, a function, an endpoint, a judge. Sources know nothing of training; the same one serves every
/// online method, best-of-n and evaluation. Deterministic sources make runs repeatable.
/// </summary>
public interface IRewardSource : IDisposable
{
    /// <summary>Names its metrics: <c>rewards/{name}/mean</c>.</summary>
    string Name { get; }

    /// <summary>One score for each item in order; NaN where it cannot say. Call it through <see cref="RewardScores.Of"/>, which checks the answer.</summary>
    /// <exception cref="RewardException">The source failed.</exception>
    IReadOnlyList<double> Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation);
}

/// <summary>A reward source failed or gave an answer that cannot be used. Nothing was learned from the batch.</summary>
public sealed class RewardException(string source, string what, Exception? inner = null) : Exception($"reward source '{source}': {what}", inner)
{
    public string RewardSource { get; } = source;
}

/// <summary>The checks that every source's answer passes.</summary>
public static class RewardScores
{
    /// <summary>The source's scores, one for each item, none of them infinite.</summary>
    /// <exception cref="RewardException">Another count, or an infinite score.</exception>
    public static double[] Of(IRewardSource source, IReadOnlyList<RewardItem> items, CancellationToken cancellation = default)
    {
        var scores = source.Score(items, cancellation);
        if (scores.Count != items.Count)
        {
            throw new RewardException(source.Name, $"gave {scores.Count} scores for {items.Count} responses. One number for each response is needed, in order.");
        }

        var infinite = scores.ToList().FindIndex(double.IsInfinity);
        return infinite < 0 ? [.. scores] : throw new RewardException(source.Name, $"gave an infinite score for response {infinite + 1} of {items.Count}.");
    }
}
