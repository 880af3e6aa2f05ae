using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Advantages;

/// <summary>OpenRLHF's <c>advantage_estimator</c> without a critic.</summary>
public enum OpenRlhfEstimator
{
    /// <summary>Raw rewards, normalised over the batch.</summary>
    Reinforce,

    /// <summary>Leave-one-out baseline.</summary>
    Rloo,

    /// <summary>Group mean as the baseline, normalised over the batch (REINFORCE++ baseline).</summary>
    ReinforceBaseline,

    /// <summary>Group mean as the baseline.</summary>
    DrGrpo,

    /// <summary>(r − mean) / (std + 1e-9).</summary>
    GroupNorm,
}

/// <param name="Shaped">N.</param>
/// <param name="Advantages">(N, T).</param>
/// <param name="Returns">(N, T).</param>
public sealed record OpenRlhfResult(double[] Shaped, Tensor Advantages, Tensor Returns);

/// <summary>
/// OpenRLHF's way: shape the rewards inside the group, put them on the last token, subtract the KL per token, sum up from the right.
/// </summary>
public static class OpenRlhfAdvantages
{
    /// <param name="kl">(N, T), per token.</param>
    public static OpenRlhfResult Compute(double[] rewards, int groupSize, Tensor mask, Tensor kl, OpenRlhfEstimator estimator, double klCoefficient, double gamma)
    {
        var index = Statistics.Consecutive(rewards.Length, groupSize);
        double[] shaped = estimator switch
        {
            OpenRlhfEstimator.Reinforce => rewards,
            OpenRlhfEstimator.Rloo => LeaveOneOut.Advantages(rewards, index, out _),
            OpenRlhfEstimator.GroupNorm => OutcomeAdvantages.Grpo(rewards, index, epsilon: 1e-9),
            _ => OutcomeAdvantages.Grpo(rewards, index, scale: false),
        };
        var tokens = TokenAdvantages.OnLastToken(shaped, mask).Minus(kl.Times(klCoefficient)).Times(mask.to_type(ScalarType.Float64));
        var returns = Gae.ReturnsToGo(tokens, gamma);
        var normalised = estimator is OpenRlhfEstimator.Reinforce or OpenRlhfEstimator.ReinforceBaseline;
        return new(shaped, normalised ? Whitening.Whiten(returns, mask, WhiteningDialect.OpenRlhf) : returns, returns);
    }
}
