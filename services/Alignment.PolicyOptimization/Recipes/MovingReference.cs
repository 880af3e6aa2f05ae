using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// TR-DPO (Gorbatovski et al. 2024), and the same for GRPO and its kin (TRL's <c>sync_ref_model</c>): after every n-th step,
/// reference ← α·policy + (1 − α)·reference. The reference's weights are the run's companions, so that its state holds them.
/// </summary>
internal static class MovingReference
{
    public const string StepsHelp = "Steps between moving the reference towards the policy; 0 never.";

    public const string AlphaHelp = "How far it moves: reference ← α·policy + (1 − α)·reference.";

    /// <summary>What to do after optimiser step <paramref name="step"/>, or null.</summary>
    /// <param name="every">Steps between two moves; 0 never.</param>
    /// <param name="alpha">The policy's share.</param>
    /// <param name="reference">In the order of the policy's parameters.</param>
    public static Action? After(int step, int every, double alpha, IReadOnlyList<(string Name, Tensor Value)> reference, CausalModel policy) => every == 0 || step % every != 0 ? null : () =>
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using Scalar keep = 1 - alpha, take = alpha;
        foreach (var ((_, theirs), ours) in reference.Zip(policy.parameters()))
        {
            theirs.mul_(keep).add_(ours, take);
        }
    };
}
