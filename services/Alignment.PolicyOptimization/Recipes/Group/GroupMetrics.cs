using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>TRL's metrics of a sampling; lengths count tokens, the end token included, never padding.</summary>
internal static class GroupMetrics
{
    public static Dictionary<string, double> OfSampling(
        IReadOnlyList<string> names, GroupOptions options, RewardTable table, IReadOnlyList<Trajectory> trajectories, GroupEstimate estimate, Tensor? kl, Tensor mask)
    {
        var metrics = table.Metrics(table.Sums(), [.. names, .. GroupPenalties.Names(options)]);
        metrics["frac_reward_zero_std"] = estimate.ZeroShare;
        Lengths(metrics, "completions/{0}_length", [.. trajectories.Select(t => t.Response.Length)]);
        Lengths(metrics, "completions/{0}_terminated_length", [.. trajectories.Where(t => t.Ended).Select(t => t.Response.Length)]);
        metrics["completions/clipped_ratio"] = trajectories.Average(t => t.Ended ? 0.0 : 1);
        metrics["reward_length_correlation"] = Correlation(table.Sums(), [.. trajectories.Select(t => (double)t.Response.Length)]);
        if (kl is not null)
        {
            using var scope = NewDisposeScope();
            var sums = Masked.RowSums(kl, mask);
            metrics["kl_per_sequence"] = sums.mean().ToDouble();
            metrics["kl"] = metrics["kl_per_token"] = Masked.Mean(kl, mask).ToDouble();
        }

        return metrics;
    }

    /// <summary>Mean, least and most; 0 where no response came to its end.</summary>
    private static void Lengths(Dictionary<string, double> metrics, string name, int[] lengths)
    {
        foreach (var (what, value) in new[] { ("mean", lengths.Length == 0 ? 0 : lengths.Average()), ("min", lengths.DefaultIfEmpty(0).Min()), ("max", lengths.DefaultIfEmpty(0).Max()) })
        {
            metrics[name.Replace("{0}", what, StringComparison.Ordinal)] = value;
        }
    }

    /// <summary>Pearson's, over scorable responses; 0 where either is constant.</summary>
    private static double Correlation(double[] x, double[] y)
    {
        var pairs = x.Zip(y).Where(p => !double.IsNaN(p.First)).ToList();
        double mx = pairs.Average(p => p.First), my = pairs.Average(p => p.Second);
        var scale = Math.Sqrt(pairs.Sum(p => (p.First - mx) * (p.First - mx)) * pairs.Sum(p => (p.Second - my) * (p.Second - my)));
        return scale < 1e-12 ? 0 : pairs.Sum(p => (p.First - mx) * (p.Second - my)) / scale;
    }
}
