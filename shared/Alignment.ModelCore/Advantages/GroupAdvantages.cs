using System.Numerics;

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
    /// <param name="epsilon">Added to the deviation: TRL 1e-4, verl and NeMo-RL 1e-6, OpenRLHF 1e-9.</param>
    /// <param name="single">Every operation in single precision: TRL's trainers keep rewards so, whatever the model's precision.</param>
    public static GroupAdvantagesResult Compute(
        RewardTable table, int groupSize, RewardScaling scaling = RewardScaling.Group, RewardAggregation aggregation = RewardAggregation.SumThenNormalize, bool single = false, double epsilon = 1e-4)
    {
        if (table.Rewards.Count % groupSize != 0)
        {
            throw new ArgumentException($"{table.Rewards.Count} completions do not divide into groups of {groupSize}.");
        }

        return single ? Compute<float>(table, groupSize, scaling, aggregation, epsilon) : Compute<double>(table, groupSize, scaling, aggregation, epsilon);
    }

    private static GroupAdvantagesResult Compute<T>(RewardTable table, int groupSize, RewardScaling scaling, RewardAggregation aggregation, double added)
        where T : IFloatingPointIeee754<T>
    {
        var epsilon = T.CreateChecked(added);
        T[] advantages;
        T[] deviations;
        if (aggregation == RewardAggregation.NormalizeThenSum)
        {
            var sums = NormalizedSums(table, groupSize, epsilon);
            var (mean, std) = NanMoments<T>.Of(sums);
            deviations = [.. sums.Select(_ => std)];
            advantages = [.. sums.Select(s => (s - mean) / (std + epsilon))];
        }
        else
        {
            var rewards = table.Sums<T>();
            var batch = NanMoments<T>.Of(rewards).Deviation;
            (advantages, deviations) = (new T[rewards.Length], new T[rewards.Length]);
            foreach (var group in Statistics.Groups(Statistics.Consecutive(rewards.Length, groupSize)))
            {
                var (mean, own) = NanMoments<T>.Of([.. group.Select(i => rewards[i])]);
                foreach (var i in group)
                {
                    deviations[i] = scaling == RewardScaling.Batch ? batch : own;
                    advantages[i] = scaling == RewardScaling.None ? rewards[i] - mean : (rewards[i] - mean) / (deviations[i] + epsilon);
                }
            }
        }

        return new([.. advantages.Select(a => T.IsNaN(a) ? 0 : double.CreateChecked(a))], [.. deviations.Select(double.CreateChecked)]);
    }

    /// <summary>Each function's z-score inside the group, weighted sum; NaN for rows without any reward, which take no part in the batch's z-score either.</summary>
    private static T[] NormalizedSums<T>(RewardTable table, int groupSize, T epsilon)
        where T : IFloatingPointIeee754<T>
    {
        var sums = new T[table.Rewards.Count];
        foreach (var group in Statistics.Groups(Statistics.Consecutive(sums.Length, groupSize)))
        {
            for (var k = 0; k < table.Weights.Length; k++)
            {
                var own = group.Select(i => T.CreateChecked(table.Rewards[i][k])).ToArray();
                var (mean, std) = NanMoments<T>.Of(own);
                foreach (var (i, reward) in group.Zip(own))
                {
                    var z = (reward - mean) / (std + epsilon);
                    sums[i] += T.IsNaN(z) ? T.Zero : z * T.CreateChecked(table.Weights[k]);
                }
            }
        }

        return [.. sums.Select((s, i) => table.Rewards[i].All(double.IsNaN) ? T.NaN : s)];
    }
}
