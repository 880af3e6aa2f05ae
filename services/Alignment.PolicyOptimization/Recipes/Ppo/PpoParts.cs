using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Recipes.Ppo;

/// <summary>What PPO's loop works with.</summary>
/// <param name="EndTokenIds">Ids that end a response.</param>
public sealed record PpoParts(CausalModel Policy, ScoringModel Critic, OnlineReference Reference, IRolloutSource Rollouts, ResponseScorer Scorer, PpoState State, IReadOnlySet<int> EndTokenIds, int PadId)
{
    /// <summary>Order of the responses in each pass, (number of the pass in the run, responses) → permutation; null: drawn from the seed.</summary>
    public Func<int, int, int[]>? Permutation { get; init; }

    /// <summary>Called before each optimiser update, while the gradients are there.</summary>
    public Action<PpoUpdate>? BeforeUpdate { get; init; }

    internal int[] Order(long seed, int pass, int count) => Permutation?.Invoke(pass, count) ?? new Shuffle(seed, pass).Permutation(count);
}

/// <summary>One optimiser update: which responses, and its losses (means over its micro-batches).</summary>
public sealed record PpoUpdate(IReadOnlyList<int> Rows, double PolicyLoss, double ValueLoss, double Loss);
