namespace Alignment.ModelCore.Advantages;

/// <summary>What advantages are divided by.</summary>
public enum RewardScaling
{
    /// <summary>The standard deviation of the group (DeepSeekMath, eq. 3). The default, TRL's.</summary>
    Group,

    /// <summary>That of all rewards of the batch (Liu et al. 2025, Lite PPO).</summary>
    Batch,

    /// <summary>Nothing (Dr.GRPO, Liu et al. 2025: dividing favours easy and hard prompts).</summary>
    None,
}

/// <summary>How several reward functions become one advantage.</summary>
public enum RewardAggregation
{
    /// <summary>Weighted sum, then the group's z-score. The default.</summary>
    SumThenNormalize,

    /// <summary>Each function's z-score inside the group, weighted sum, then a z-score over the batch (GDPO).</summary>
    NormalizeThenSum,
}

/// <param name="Advantages">N, 0 for rows that cannot be scored or compared.</param>
/// <param name="Deviations">The standard deviation of each row's group (or of the batch); NaN where fewer than two are valid.</param>
public sealed record GroupAdvantagesResult(double[] Advantages, double[] Deviations)
{
    /// <summary>Share of rows whose deviation is 0: no learning signal. NaN counts as not zero.</summary>
    public double ZeroDeviationShare => Deviations.Average(s => Math.Abs(s) <= 1e-8 ? 1.0 : 0);
}

/// <summary>GRPO's advantages (Shao et al. 2024, eq. 3) as TRL computes them: (r − mean) / (std + 1e-4), Bessel's correction, NaN-aware.</summary>
public static class GroupAdvantages
{
    private const double Epsilon = 1e-4;

    public static GroupAdvantagesResult Compute(
        RewardTable table, int groupSize, RewardScaling scaling = RewardScaling.Group, RewardAggregation aggregation = RewardAggregation.SumThenNormalize)
    {
        if (table.Rewards.Count % groupSize != 0)
        {
            throw new ArgumentException($"{table.Rewards.Count} completions do not divide into groups of {groupSize}.");
        }

        return aggregation == RewardAggregation.SumThenNormalize ? SumThenNormalize(table.Sums(), groupSize, scaling) : NormalizeThenSum(table, groupSize);
    }

    private static GroupAdvantagesResult SumThenNormalize(double[] rewards, int groupSize, RewardScaling scaling)
    {
        var advantages = new double[rewards.Length];
        var deviations = new double[rewards.Length];
        var batch = Statistics.NanStd(rewards);
        foreach (var group in Statistics.Groups(Statistics.Consecutive(rewards.Length, groupSize)))
        {
            var own = group.Select(i => rewards[i]).ToList();
            double mean = Statistics.NanMean(own), std = scaling == RewardScaling.Batch ? batch : Statistics.NanStd(own);
            foreach (var i in group)
            {
                var a = (rewards[i] - mean) / (scaling == RewardScaling.None ? 1 : std + Epsilon);
                advantages[i] = double.IsNaN(a) ? 0 : a;
                deviations[i] = std;
            }
        }

        return new(advantages, deviations);
    }

    private static GroupAdvantagesResult NormalizeThenSum(RewardTable table, int groupSize)
    {
        var n = table.Rewards.Count;
        var sums = new double[n];
        foreach (var group in Statistics.Groups(Statistics.Consecutive(n, groupSize)))
        {
            for (var k = 0; k < table.Weights.Length; k++)
            {
                var own = group.Select(i => table.Rewards[i][k]).ToList();
                double mean = Statistics.NanMean(own), std = Statistics.NanStd(own);
                foreach (var i in group)
                {
                    var z = (table.Rewards[i][k] - mean) / (std + Epsilon);
                    sums[i] += double.IsNaN(z) ? 0 : z * table.Weights[k];
                }
            }
        }

        // Rows without any reward take no part in the batch's z-score either.
        sums = [.. sums.Select((s, i) => table.Rewards[i].All(double.IsNaN) ? double.NaN : s)];
        double batchMean = Statistics.NanMean(sums), batchStd = Statistics.NanStd(sums);
        return new([.. sums.Select(s => double.IsNaN(s) ? 0 : (s - batchMean) / (batchStd + Epsilon))], [.. sums.Select(_ => batchStd)]);
    }
}
