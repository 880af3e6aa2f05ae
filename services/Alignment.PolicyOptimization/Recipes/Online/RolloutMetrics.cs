using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Rollouts;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>What every online method says about a sampling, under TRL's names; lengths count tokens, the end token included, never padding.</summary>
internal static class RolloutMetrics
{
    /// <param name="names">The reward sources.</param>
    /// <param name="table">Their scores.</param>
    /// <param name="rewards">What each response is worth in the end.</param>
    public static Dictionary<string, double> Of(IReadOnlyList<string> names, RewardTable table, double[] rewards, IReadOnlyList<Trajectory> trajectories)
    {
        var metrics = table.Metrics(rewards, names);
        Lengths(metrics, "prompts/{0}_length", [.. trajectories.Select(t => t.Prompt.Length)]);
        Lengths(metrics, "completions/{0}_length", [.. trajectories.Select(t => t.Response.Length)]);
        Lengths(metrics, "completions/{0}_terminated_length", [.. trajectories.Where(t => t.Ended).Select(t => t.Response.Length)]);
        metrics["completions/clipped_ratio"] = trajectories.Average(t => t.Ended ? 0.0 : 1);
        metrics["reward_length_correlation"] = Correlation(rewards, [.. trajectories.Select(t => (double)t.Response.Length)]);
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
