namespace Alignment.ModelCore.Advantages;

/// <summary>verl's group estimators: one number a completion from outcome rewards and group ids. A group of one keeps its reward.</summary>
public static class OutcomeAdvantages
{
    /// <summary>(r − mean) / (std + ε), Bessel's correction; without <paramref name="scale"/> r − mean. verl ε 1e-6, OpenRLHF 1e-9, TRL 1e-4.</summary>
    public static double[] Grpo(double[] rewards, IReadOnlyList<int> index, bool scale = true, double epsilon = 1e-6) => PerGroup(rewards, index, g =>
    {
        var (mean, std) = g.Length == 1 ? (0, 1) : (g.Average(), Statistics.NanStd(g));
        return r => scale ? (r - mean) / (std + epsilon) : r - mean;
    });

    /// <summary>Pass@k training: only the best member counts, by its lead over the second (Walder &amp; Karkhanis 2025; verl <c>grpo_passk</c>).</summary>
    public static double[] GrpoPassK(double[] rewards, IReadOnlyList<int> index, bool scale = true, double epsilon = 1e-6)
    {
        var advantages = new double[rewards.Length];
        foreach (var group in Statistics.Groups(index))
        {
            if (group.Length < 2)
            {
                throw new ArgumentException("Pass@k training needs at least two completions per prompt.");
            }

            var best = group.MaxBy(i => rewards[i]);
            var lead = rewards[best] - group.Where(i => i != best).Max(i => rewards[i]);
            advantages[best] = scale ? lead / (Statistics.NanStd(group.Select(i => rewards[i])) + epsilon) : lead;
        }

        return advantages;
    }

    /// <summary>n/(n−1)·(r − mean), equal to leaving oneself out of the mean.</summary>
    public static double[] Rloo(double[] rewards, IReadOnlyList<int> index) => PerGroup(rewards, index, g =>
    {
        double n = g.Length, mean = g.Average();
        return r => n == 1 ? r : n / (n - 1) * (r - mean);
    });

    /// <summary>OPO (Hao et al. 2025, eq. 6): the baseline weighs rewards by response length.</summary>
    public static double[] Opo(double[] rewards, double[] lengths, IReadOnlyList<int> index)
    {
        var advantages = new double[rewards.Length];
        foreach (var group in Statistics.Groups(index))
        {
            var baseline = group.Length == 1 ? 0 : group.Sum(i => lengths[i] * rewards[i]) / group.Sum(i => lengths[i]);
            foreach (var i in group)
            {
                advantages[i] = rewards[i] - baseline;
            }
        }

        return advantages;
    }

    /// <summary>GPG (Chu et al. 2025, eq. 7): r − mean, rescaled by rows over rows with a reward that is not 0.</summary>
    public static double[] Gpg(double[] rewards, IReadOnlyList<int> index)
    {
        var alpha = (double)rewards.Length / Math.Max(1, rewards.Count(r => r != 0));
        return [.. Grpo(rewards, index, scale: false).Select(a => alpha * a)];
    }

    private static double[] PerGroup(double[] rewards, IReadOnlyList<int> index, Func<double[], Func<double, double>> rule)
    {
        var advantages = new double[rewards.Length];
        foreach (var group in Statistics.Groups(index))
        {
            var map = rule([.. group.Select(i => rewards[i])]);
            foreach (var i in group)
            {
                advantages[i] = map(rewards[i]);
            }
        }

        return advantages;
    }
}
