using Alignment.Statistics.Hypotheses;
using Alignment.Statistics.Intervals;

namespace Alignment.Statistics.Preferences;

/// <summary>When a child model may replace its parent.</summary>
public sealed record PairedGateOptions
{
    /// <summary>Two-sided level of the paired test. Default .05.</summary>
    public double Alpha { get; init; } = 0.05;

    /// <summary>Fewest held-out prompts for any verdict but inconclusive. Default 30.</summary>
    public int MinimumPrompts { get; init; } = 30;

    /// <summary>Largest relative rise of perplexity on general text. Default .25.</summary>
    public double MaximumPerplexityRise { get; init; } = 0.25;

    /// <summary>Sign patterns drawn by the permutation test. Default 20 000.</summary>
    public int Permutations { get; init; } = 20_000;

    /// <summary>Seed of the permutation test and of the bootstrap. Default 0.</summary>
    public ulong Seed { get; init; }
}

/// <summary>The paired comparison of a child with its parent on held-out prompts.</summary>
/// <param name="PValue">Two-sided p of the paired permutation test on the score differences.</param>
/// <param name="SignTestPValue">Exact two-sided sign test on wins and losses, for comparison.</param>
/// <param name="MeanDifference">Mean of child − parent.</param>
/// <param name="DifferenceInterval">95 % percentile bootstrap interval of it.</param>
/// <param name="Reasons">Why, one sentence each.</param>
public sealed record PairedGateResult(
    GateVerdict Decision,
    double PValue,
    double SignTestPValue,
    WinRate WinRate,
    Interval WinRateInterval,
    double MeanDifference,
    Interval DifferenceInterval,
    double PerplexityBefore,
    double PerplexityAfter,
    IReadOnlyList<string> Reasons);

/// <summary>
/// The promotion gate: parent and child answer the same held-out prompts, each answer is scored, and the paired permutation
/// test judges the differences. Anything but a pass keeps the parent in service.
/// </summary>
public static class PairedGate
{
    /// <param name="parent">The parent's score for each prompt.</param>
    /// <param name="child">The child's score for the same prompts in the same order.</param>
    /// <param name="perplexityBefore">Parent's perplexity on general text.</param>
    /// <param name="perplexityAfter">Child's perplexity on the same text.</param>
    public static PairedGateResult Decide(
        IReadOnlyList<double> parent, IReadOnlyList<double> child, double perplexityBefore, double perplexityAfter, PairedGateOptions? options = null)
    {
        options ??= new();
        var wins = WinRate.Of(child, parent);
        double[] difference = [.. child.Zip(parent, (c, p) => c - p)];
        if (difference.Length == 0)
        {
            return new(GateVerdict.Inconclusive, 1, 1, wins, new(0, 1), double.NaN, new(double.NaN, double.NaN), perplexityBefore, perplexityAfter,
                ["No held-out prompts were scored."]);
        }

        var test = PairedPermutationTest.Run(difference, options.Permutations, options.Seed);
        var interval = Bootstrap.Run(difference, Descriptive.Mean, 2_000, options.Seed).Percentile();
        var reasons = new List<string>();
        var decision = Verdict(test, difference.Length, perplexityBefore, perplexityAfter, options, reasons);
        return new(decision, test.TwoSided, SignTest.TwoSided(wins.Wins, wins.Losses), wins, wins.Wilson(), test.Mean, interval,
            perplexityBefore, perplexityAfter, reasons);
    }

    private static GateVerdict Verdict(
        PermutationResult test, int prompts, double before, double after, PairedGateOptions options, List<string> reasons)
    {
        FormattableString P(string text) => $"{text} (mean difference {test.Mean:+0.000;-0.000;0}, p = {test.TwoSided:G3}, n = {prompts}).";
        var verdict = GateVerdict.Inconclusive;
        if (prompts < options.MinimumPrompts)
        {
            reasons.Add(FormattableString.Invariant($"{prompts} prompts are fewer than the {options.MinimumPrompts} the gate asks for."));
        }
        else if (test.TwoSided > options.Alpha)
        {
            reasons.Add(FormattableString.Invariant(P("Parent and child cannot be told apart")));
        }
        else
        {
            verdict = test.Mean > 0 ? GateVerdict.Pass : GateVerdict.Fail;
            reasons.Add(FormattableString.Invariant(P(test.Mean > 0 ? "The child is better than its parent" : "The child is worse than its parent")));
        }

        // A NaN perplexity must break the limit, hence the negation.
        if (!(after <= before * (1 + options.MaximumPerplexityRise)))
        {
            verdict = GateVerdict.Fail;
            reasons.Add(FormattableString.Invariant($"Perplexity on general text went from {before:F2} to {after:F2}, more than {options.MaximumPerplexityRise:P0} up: too much was forgotten."));
        }

        return verdict;
    }
}
