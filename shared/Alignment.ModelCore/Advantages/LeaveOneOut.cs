namespace Alignment.ModelCore.Advantages;

/// <summary>RLOO (Ahmadian et al. 2024, eq. 7): each completion against the mean of its scorable siblings. TRL's form.</summary>
public static class LeaveOneOut
{
    /// <summary>
    /// r̃ = clip(Σ weight·reward) − β·KL, A = r̃ − mean of the siblings' r̃; optionally a z-score over the batch (+1e-4). Unscorable rows get 0.
    /// </summary>
    /// <param name="kl">N: Σ over completion tokens of old − reference log-prob, or null for β = 0.</param>
    /// <param name="single">The weighted sum in single precision, as TRL's trainer keeps rewards.</param>
    /// <returns>Advantages and the shaped rewards r̃ (NaN where unscorable).</returns>
    public static (GroupAdvantagesResult Result, double[] Rewards) Compute(
        RewardTable table, int groupSize, double beta = .05, double[]? kl = null, (double Min, double Max)? clip = null, bool normalize = false, bool single = false)
    {
        double[] rewards = single ? [.. table.Sums<float>().Select(r => (double)r)] : table.Sums();
        for (var i = 0; i < rewards.Length; i++)
        {
            rewards[i] = clip is { } c ? (double.IsNaN(rewards[i]) ? rewards[i] : Math.Clamp(rewards[i], c.Min, c.Max)) : rewards[i];
            rewards[i] -= kl is null || beta == 0 ? 0 : beta * kl[i];
        }

        var advantages = Advantages(rewards, Statistics.Consecutive(rewards.Length, groupSize), out var deviations);
        if (normalize)
        {
            double mean = Statistics.NanMean(advantages), std = Statistics.NanStd(advantages);
            advantages = [.. advantages.Select(a => (a - mean) / (std + 1e-4))];
        }

        return (new([.. advantages.Select(a => double.IsNaN(a) ? 0 : a)], deviations), rewards);
    }

    /// <summary>r − (sum − r)/(n − 1) over the valid members of each group; NaN where there is no sibling.</summary>
    internal static double[] Advantages(double[] rewards, IReadOnlyList<int> index, out double[] deviations)
    {
        var advantages = new double[rewards.Length];
        deviations = new double[rewards.Length];
        foreach (var group in Statistics.Groups(index))
        {
            var valid = group.Where(i => !double.IsNaN(rewards[i])).ToList();
            double sum = valid.Sum(i => rewards[i]), std = Statistics.NanStd(group.Select(i => rewards[i]));
            foreach (var i in group)
            {
                advantages[i] = valid.Count < 2 ? double.NaN : rewards[i] - ((sum - rewards[i]) / (valid.Count - 1));
                deviations[i] = std;
            }
        }

        return advantages;
    }
}
