using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Online;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>What a sampling says beyond <see cref="RolloutMetrics"/>: groups without a difference, and the KL in the rewards.</summary>
internal static class GroupMetrics
{
    public static Dictionary<string, double> OfSampling(
        IReadOnlyList<string> names, GroupOptions options, RewardTable table, IReadOnlyList<Trajectory> trajectories, GroupEstimate estimate, Tensor? kl, Tensor mask)
    {
        var metrics = RolloutMetrics.Of([.. names, .. GroupPenalties.Names(options)], table, table.Sums(), trajectories);
        metrics["frac_reward_zero_std"] = estimate.ZeroShare;
        if (kl is not null)
        {
            using var scope = NewDisposeScope();
            var sums = Masked.RowSums(kl, mask);
            metrics["kl_per_sequence"] = sums.mean().ToDouble();
            metrics["kl"] = metrics["kl_per_token"] = Masked.Mean(kl, mask).ToDouble();
        }

        return metrics;
    }
}
