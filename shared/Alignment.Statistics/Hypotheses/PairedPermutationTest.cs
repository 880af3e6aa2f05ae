namespace Alignment.Statistics.Hypotheses;

/// <summary>What a paired permutation test found.</summary>
/// <param name="Patterns">Sign patterns looked at: 2ⁿ when exact.</param>
public readonly record struct PermutationResult(double Mean, double TwoSided, double Greater, long Patterns);

/// <summary>
/// The paired permutation test (Fisher): under the null each difference might as well have the other sign. The statistic is
/// the mean, the observed pattern is counted, and 1e-12 of slack keeps rounding from splitting equal sums.
/// </summary>
public static class PairedPermutationTest
{
    /// <summary>The most differences whose 2ⁿ sign patterns are enumerated by <see cref="Run"/>.</summary>
    public const int ExactLimit = 16;

    /// <summary>Exact up to <see cref="ExactLimit"/> non-zero differences, seeded sampling of <paramref name="samples"/> patterns beyond.</summary>
    public static PermutationResult Run(IReadOnlyList<double> differences, int samples = 20_000, ulong seed = 0) =>
        differences.Count(d => d != 0) <= ExactLimit ? Exact(differences) : Sampled(differences, samples, seed);

    /// <summary>All sign patterns. Zero differences cannot change the sum, so only the others are enumerated.</summary>
    public static PermutationResult Exact(IReadOnlyList<double> differences)
    {
        double[] d = [.. differences.Where(x => x != 0)];
        if (d.Length > 30)
        {
            throw new ArgumentException("More than 30 non-zero differences: use the sampled test.", nameof(differences));
        }

        var observed = d.Sum();
        long extreme = 0, greater = 0, patterns = 1L << d.Length;
        for (long pattern = 0; pattern < patterns; pattern++)
        {
            double sum = 0;
            for (var i = 0; i < d.Length; i++)
            {
                sum += (pattern >> i & 1) == 0 ? d[i] : -d[i];
            }

            extreme += Math.Abs(sum) >= Math.Abs(observed) - 1e-12 ? 1 : 0;
            greater += sum >= observed - 1e-12 ? 1 : 0;
        }

        return new(observed / Math.Max(1, differences.Count), (double)extreme / patterns, (double)greater / patterns, 1L << Math.Min(62, differences.Count));
    }

    /// <summary>Monte Carlo with the observed pattern added: p = (1 + extreme)/(1 + samples), never 0.</summary>
    public static PermutationResult Sampled(IReadOnlyList<double> differences, int samples, ulong seed)
    {
        var random = new SplitMix64(seed);
        var observed = differences.Sum();
        long extreme = 1, greater = 1;
        for (var s = 0; s < samples; s++)
        {
            double sum = 0;
            ulong bits = 0;
            for (var i = 0; i < differences.Count; i++)
            {
                bits = i % 64 == 0 ? random.Next() : bits >> 1;
                sum += (bits & 1) == 0 ? differences[i] : -differences[i];
            }

            extreme += Math.Abs(sum) >= Math.Abs(observed) - 1e-12 ? 1 : 0;
            greater += sum >= observed - 1e-12 ? 1 : 0;
        }

        return new(observed / Math.Max(1, differences.Count), (double)extreme / (samples + 1), (double)greater / (samples + 1), samples + 1);
    }
}
