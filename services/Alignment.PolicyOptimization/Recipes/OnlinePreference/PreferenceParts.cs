using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Recipes.OnlinePreference;

/// <summary>What the loop works with.</summary>
/// <param name="Own">One answer of the policy to each prompt.</param>
/// <param name="Other">One answer of the opponent of this epoch.</param>
public sealed record PreferenceParts(CausalModel Policy, OnlineReference Reference, IRolloutSource Own, Func<int, IRolloutSource> Other, ResponseScorer Scorer, int PadId)
{
    /// <summary>The opponent that the options name.</summary>
    /// <param name="prompts">The run's prompts as ids.</param>
    public static Func<int, IRolloutSource> Against(OnlinePreferenceOptions options, CausalModel policy, OnlineReference reference, IReadOnlyList<int[]> prompts, SamplingOptions sampling, Func<int, ReadOnlyMemory<byte>> bytesOf)
    {
        // Its draws are others than the policy's.
        var own = sampling with { Seed = unchecked(sampling.Seed + (long)0x9E3779B97F4A7C15) };
        return options.Opponent switch
        {
            Opponent.Policy => _ => new RolloutGenerator(policy, prompts, own, bytesOf),
            Opponent.Reference => _ => new Borrowed(reference, m => new RolloutGenerator(m, prompts, own, bytesOf)),
            _ => epoch => new RolloutGenerator(policy, prompts, own, bytesOf, reference.Mixture(new ModelCore.Losses.PerEpoch(((NashMdOptions)options).MixtureCoefficient).At(epoch))),
        };
    }

    /// <summary>A source over the reference, which is lent for the time of a call.</summary>
    private sealed class Borrowed(OnlineReference reference, Func<CausalModel, IRolloutSource> over) : IRolloutSource
    {
        public IReadOnlyList<Trajectory> Sample(int batch, IReadOnlyList<int> rows, long weightVersion, CancellationToken cancellation) =>
            reference.Use(m => over(m).Sample(batch, rows, weightVersion, cancellation));
    }
}
