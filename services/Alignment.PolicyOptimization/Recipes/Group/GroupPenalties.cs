using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Rollouts;

namespace Alignment.PolicyOptimization.Recipes.Group;

/// <summary>Penalties as reward columns of their own, so that the metrics show them.</summary>
internal static class GroupPenalties
{
    public static RewardTable Add(GroupOptions options, RewardTable table, IReadOnlyList<Trajectory> trajectories)
    {
        if (options.MissingEosPenalty > 0)
        {
            table = With(table, trajectories.Select(t => t.Ended ? 0 : -options.MissingEosPenalty));
        }

        return options.OverlongBuffer == 0 ? table : With(table, trajectories.Select(t => RewardRules.SoftOverlong(t.Response.Length, options.MaxNewTokens, options.OverlongBuffer)));
    }

    /// <summary>Names of the columns that <see cref="Add"/> appends.</summary>
    public static IEnumerable<string> Names(GroupOptions options) =>
        new[] { (options.MissingEosPenalty > 0, "missing_eos"), (options.OverlongBuffer > 0, "overlong") }.Where(n => n.Item1).Select(n => n.Item2);

    /// <summary>A response that no source could score stays unscorable.</summary>
    private static RewardTable With(RewardTable table, IEnumerable<double> column) =>
        new([.. table.Rewards.Zip(column, (row, x) => (double[])[.. row, row.All(double.IsNaN) ? double.NaN : x])], [.. table.Weights, 1]);
}
