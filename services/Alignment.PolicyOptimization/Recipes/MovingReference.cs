using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>TR-DPO (Gorbatovski et al. 2024): after every n-th step, reference ← α·policy + (1 − α)·reference.</summary>
internal static class MovingReference
{
    /// <summary>What to do after optimiser step <paramref name="step"/>, or null.</summary>
    public static Action? After(int step, Reference reference, CausalModel policy, DpoRecipeOptions options) =>
        options.ReferenceSyncSteps == 0 || step % options.ReferenceSyncSteps != 0 ? null : () =>
        {
            using var scope = NewDisposeScope();
            using var none = no_grad();
            using Scalar keep = 1 - options.ReferenceMixupAlpha, take = options.ReferenceMixupAlpha;
            foreach (var ((_, theirs), ours) in reference.Weights.Zip(policy.parameters()))
            {
                theirs.mul_(keep).add_(ours, take);
            }
        };
}
