using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Losses;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Recipes.OnlinePreference;

/// <summary>Keys of the methods that compare two fresh answers to each prompt; defaults are TRL's unless said otherwise.</summary>
public abstract class OnlinePreferenceOptions : OnlineOptions
{
    protected OnlinePreferenceOptions() => (LearningRate, Temperature, MaxNewTokens, MaxLength) = (5e-7, .9, 64, 512);

    [Option("β: how dear it is to leave the reference. A list holds one value an epoch, the last one stays.", Source = "TRL: 0.1")]
    public IReadOnlyList<double> Beta { get; init; } = [.1];

    /// <summary>Who answers against the policy.</summary>
    public abstract Opponent Opponent { get; }

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given) =>
        [.. base.Contradictions(given), .. Beta.Count == 0 || Beta.Any(b => b <= 0) ? ["beta must be above 0."] : Array.Empty<string>()];
}

/// <summary>Where the second answer comes from.</summary>
public enum Opponent
{
    /// <summary>The policy itself (online DPO).</summary>
    Policy,

    /// <summary>The reference (XPO).</summary>
    Reference,

    /// <summary>A geometric mixture of both (Nash-MD).</summary>
    Mixture,
}

/// <summary>Online DPO (Guo et al. 2024).</summary>
public sealed class OnlineDpoOptions : OnlinePreferenceOptions
{
    [Option("Loss on the pairs.", Choices = "sigmoid|ipo", Source = "TRL: sigmoid")]
    public string Loss { get; init; } = "sigmoid";

    public override Opponent Opponent => Opponent.Policy;
}

/// <summary>XPO (Xie et al. 2024).</summary>
public sealed class XpoOptions : OnlinePreferenceOptions
{
    [Option("Loss on the pairs.", Choices = "sigmoid|ipo", Source = "TRL: sigmoid")]
    public string Loss { get; init; } = "sigmoid";

    [Option("α: how strongly the policy is pushed away from the reference's answers; a list holds one value an epoch.", Source = "TRL: 1e-5")]
    public IReadOnlyList<double> Alpha { get; init; } = [1e-5];

    public override Opponent Opponent => Opponent.Reference;
}

/// <summary>Nash-MD (Munos et al. 2024).</summary>
public sealed class NashMdOptions : OnlinePreferenceOptions
{
    [Option("Share of the reference in the mixture that answers against the policy; a list holds one value an epoch.", Source = "TRL: 0.5")]
    public IReadOnlyList<double> MixtureCoefficient { get; init; } = [.5];

    [Option("The probability that the policy's answer wins: σ of the difference of two scores, or the score itself, where a judge gives shares of wins.", Choices = "scores|shares", Source = "TRL: scores")]
    public string WinFrom { get; init; } = "scores";

    public override Opponent Opponent => Opponent.Mixture;

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given) =>
        [.. base.Contradictions(given), .. MixtureCoefficient.Count == 0 || MixtureCoefficient.Any(c => c is < 0 or > 1) ? ["mixture_coefficient must lie in 0 … 1."] : Array.Empty<string>()];
}

/// <summary>The loss names of these methods.</summary>
internal static class PairLoss
{
    public static DpoLossType Parse(string name) => name == "ipo" ? DpoLossType.IpoSum : DpoLossType.Sigmoid;
}
