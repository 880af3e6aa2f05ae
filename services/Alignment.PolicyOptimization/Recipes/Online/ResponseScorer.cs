using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>Shows sampled responses to the reward sources.</summary>
/// <param name="prompts">The run's prompts.</param>
/// <param name="decode">Ids to text, special tokens left out.</param>
public sealed class ResponseScorer(RewardSet rewards, IReadOnlyList<PromptRow> prompts, Func<int[], string> decode)
{
    public IReadOnlyList<string> Names => rewards.Names;

    /// <summary>Takes the time of scoring.</summary>
    public StepSeconds? Clock { get; init; }

    /// <summary>Scores of every source, one row for each response.</summary>
    /// <exception cref="RewardException">A source failed, gave another count, or no source could score any response.</exception>
    public RewardTable Score(IReadOnlyList<Trajectory> trajectories, CancellationToken cancellation)
    {
        RewardTable Ask() => rewards.Score([.. trajectories.Select(Item)], cancellation);
        var table = Clock is null ? Ask() : Clock.Measure("score", Ask);
        return table.Sums().All(double.IsNaN) ? throw new RewardException(string.Join(", ", Names), $"no source could score any of {trajectories.Count} responses. A source that reads a field of the rows (contains, equals) needs it in them.") : table;
    }

    private RewardItem Item(Trajectory t) => new(prompts[t.Row].Messages, decode(t.Response), t.Prompt, t.Response, t.Ended, prompts[t.Row].Line);
}
