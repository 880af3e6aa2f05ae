namespace Alignment.Statistics.Selection;

/// <summary>
/// Exact facts about drawing n responses and keeping one with the highest reward, for a base policy with finitely many responses of
/// probability p and reward r.
/// </summary>
public static class BestOfN
{
    /// <summary>E[max of n] = Σ_j x_j·(F_jⁿ − F_{j−1}ⁿ) over the rising distinct rewards x with cumulative probabilities F.</summary>
    public static double ExpectedMaximum(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards, int n) =>
        Maximum(probabilities, rewards, n).Sum(x => x.Reward * x.Probability);

    public static double VarianceOfMaximum(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards, int n)
    {
        var mean = ExpectedMaximum(probabilities, rewards, n);
        return Maximum(probabilities, rewards, n).Sum(x => (x.Reward - mean) * (x.Reward - mean) * x.Probability);
    }

    public static double ExpectedMinimum(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards, int n) =>
        -ExpectedMaximum(probabilities, [.. rewards.Select(r => -r)], n);

    /// <summary>E of the k-th smallest of n draws, k = 1 … n: P(X₍ₖ₎ ≤ x) = Σ_{j ≥ k} C(n, j)·Fʲ·(1 − F)ⁿ⁻ʲ.</summary>
    public static double[] ExpectedOrderStatistics(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards, int n)
    {
        var levels = Levels(probabilities, rewards);
        var result = new double[n];
        for (var k = 1; k <= n; k++)
        {
            double before = 0, cumulative = 0;
            foreach (var (reward, p) in levels)
            {
                cumulative += p;
                var reached = AtLeast(k, n, Math.Min(1, cumulative));
                result[k - 1] += reward * (reached - before);
                before = reached;
            }
        }

        return result;
    }

    /// <summary>The policy that best-of-n is: q = p·(Fⁿ − F₋ⁿ)/(F − F₋), F = P(reward ≤ r), F₋ = P(reward &lt; r); ties are broken by the base policy.</summary>
    public static double[] Distribution(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards, int n)
    {
        var level = new Dictionary<double, double>();
        var cumulative = 0.0;
        foreach (var (reward, p) in Levels(probabilities, rewards))
        {
            level[reward] = (Math.Pow(cumulative + p, n) - Math.Pow(cumulative, n)) / p;
            cumulative += p;
        }

        return [.. probabilities.Select((p, i) => p == 0 ? 0 : p * level[rewards[i]])];
    }

    /// <summary>KL(best-of-n ‖ base) ≤ log n − (n − 1)/n nats, with equality only for continuous rewards (Beirami et al. 2024, thm. 1).</summary>
    public static double KlBound(double n) => Math.Log(n) - ((n - 1) / n);

    /// <summary>Σ q·log(q/p) in nats; terms with q = 0 are 0.</summary>
    public static double Kl(IReadOnlyList<double> q, IReadOnlyList<double> p) => q.Select((x, i) => x == 0 ? 0 : x * Math.Log(x / p[i])).Sum();

    /// <summary>The unbiased estimate of E[max of n] from N scored samples: Σᵢ C(i−1, n−1)/C(N, n)·r₍ᵢ₎, i.e. the mean maximum over all subsets of size n.</summary>
    public static double Estimate(IReadOnlyList<double> rewards, int n)
    {
        var sorted = rewards.Order().ToArray();
        if (n < 1 || n > sorted.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(n), $"Best-of-{n} cannot be estimated from {sorted.Length} samples.");
        }

        double weight = (double)n / sorted.Length, sum = 0;
        for (var i = sorted.Length; i >= n; i--)
        {
            sum += weight * sorted[i - 1];
            weight *= (i - (double)n) / Math.Max(1, i - 1);
        }

        return sum;
    }

    /// <summary>Expected best of n draws with replacement from N scored samples: Σ r₍ᵢ₎·((i/N)ⁿ − ((i−1)/N)ⁿ).</summary>
    public static double ExpectedWithReplacement(IReadOnlyList<double> rewards, int n)
    {
        double all = rewards.Count;
        return rewards.Order().Select((r, i) => r * (Math.Pow((i + 1) / all, n) - Math.Pow(i / all, n))).Sum();
    }

    /// <summary>pass@n from N samples with c correct: 1 − C(N − c, n)/C(N, n) (Chen et al. 2021, eq. 1).</summary>
    public static double PassAt(int samples, int correct, int n)
    {
        var miss = 1.0;
        for (var i = 0; i < n; i++)
        {
            miss *= Math.Max(0, samples - correct - i) / (double)(samples - i);
        }

        return 1 - miss;
    }

    private static IEnumerable<(double Reward, double Probability)> Maximum(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards, int n)
    {
        double cumulative = 0, before = 0;
        foreach (var (reward, p) in Levels(probabilities, rewards))
        {
            cumulative += p;
            var power = Math.Pow(Math.Min(1, cumulative), n);
            yield return (reward, power - before);
            before = power;
        }
    }

    private static List<(double Reward, double Probability)> Levels(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards) =>
        [.. rewards.Select((r, i) => (Reward: r, P: probabilities[i])).GroupBy(x => x.Reward).OrderBy(g => g.Key).Select(g => (g.Key, g.Sum(x => x.P))).Where(x => x.Item2 > 0)];

    private static double AtLeast(int k, int n, double f)
    {
        double sum = 0, binomial = 1;
        for (var j = 0; j <= n; j++)
        {
            sum += j >= k ? binomial * Math.Pow(f, j) * Math.Pow(1 - f, n - j) : 0;
            binomial *= (n - j) / (double)(j + 1);
        }

        return sum;
    }
}
