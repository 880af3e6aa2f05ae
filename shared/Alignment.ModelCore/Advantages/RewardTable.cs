using System.Numerics;

namespace Alignment.ModelCore.Advantages;

/// <summary>
/// Rewards of N completions by K functions; NaN where a function gave none. Rows of one prompt are consecutive.
/// </summary>
/// <param name="Rewards">N rows of K.</param>
/// <param name="Weights">K.</param>
public sealed record RewardTable(IReadOnlyList<double[]> Rewards, double[] Weights)
{
    /// <summary>Σ weight·reward over the functions that gave one; NaN where none did: the row is unscorable.</summary>
    public double[] Sums() => [.. Rewards.Select(r => r.All(double.IsNaN) ? double.NaN : r.Zip(Weights).Where(x => !double.IsNaN(x.First)).Sum(x => x.First * x.Second))];

    /// <summary>The same with every operation in another precision.</summary>
    internal T[] Sums<T>()
        where T : IFloatingPointIeee754<T> => [.. Rewards.Select(r => r.All(double.IsNaN)
            ? T.NaN
            : r.Zip(Weights).Where(x => !double.IsNaN(x.First)).Aggregate(T.Zero, (sum, x) => sum + (T.CreateChecked(x.First) * T.CreateChecked(x.Second))))];

    /// <summary>TRL's metrics: mean and standard deviation of the weighted sums and of every function.</summary>
    public Dictionary<string, double> Metrics(IReadOnlyList<double> rewards, IReadOnlyList<string> names)
    {
        var metrics = new Dictionary<string, double> { ["reward"] = Statistics.NanMean(rewards), ["reward_std"] = Statistics.NanStd(rewards) };
        for (var k = 0; k < Weights.Length; k++)
        {
            var column = Rewards.Select(r => r[k]).ToList();
            metrics[$"rewards/{names[k]}/mean"] = Statistics.NanMean(column);
            metrics[$"rewards/{names[k]}/std"] = Statistics.NanStd(column);
        }

        return metrics;
    }
}
