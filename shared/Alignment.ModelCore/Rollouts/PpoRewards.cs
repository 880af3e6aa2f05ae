using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Rollouts;

/// <summary>Where a response's score lands.</summary>
public enum RewardSlot
{
    /// <summary>One slot after the last token when there is room, else on it (TRL).</summary>
    AfterLastToken,

    /// <summary>On the last token (OpenRLHF, verl, torchtune). The default: the value of the finished response then needs no slot of its own.</summary>
    LastToken,
}

/// <summary>PPO's reward shaping and advantages.</summary>
/// <param name="KlCoefficient">Weight of the per-token KL taken from the reward; TRL .05, OpenRLHF .01, verl .001.</param>
public sealed record PpoRewardOptions(
    double KlCoefficient = .05, KlOptions? Kl = null, RewardSlot Slot = RewardSlot.LastToken, bool WhitenRewards = false, GaeOptions? Gae = null,
    WhiteningDialect Whitening = WhiteningDialect.Trl, (double Min, double Max)? RewardClip = null);

/// <summary>One rollout batch, ready for the inner epochs; all (B, T).</summary>
/// <param name="ResponseMask">True on response tokens.</param>
/// <param name="ValueMask">What the critic learns from: the response, and TRL's slot after it.</param>
/// <param name="NonScoreReward">−coefficient·KL.</param>
/// <param name="RawAdvantages">Before whitening.</param>
public sealed record PpoAdvantages(
    Tensor ResponseMask, Tensor ValueMask, Tensor Kl, Tensor NonScoreReward, Tensor UnwhitenedRewards, Tensor Rewards, Tensor RawAdvantages, Tensor Advantages, Tensor Returns);

/// <summary>From log-probs, values and scores to advantages and returns (Ziegler et al. 2019, eq. 2; Schulman et al. 2016).</summary>
public static class PpoRewards
{
    /// <param name="logProbs">(B, T) at sampling.</param>
    /// <param name="values">(B, T), 0 beyond <see cref="ValueMask(Tensor, long, RewardSlot)"/>.</param>
    /// <param name="scores">(B), penalties already subtracted.</param>
    /// <param name="lastToken">(B) int64: index of the last response token.</param>
    public static PpoAdvantages Compute(Tensor logProbs, Tensor refLogProbs, Tensor values, Tensor scores, Tensor lastToken, PpoRewardOptions options)
    {
        var width = logProbs.shape[1];
        var response = ResponseMasks.FromLengths(lastToken.Plus(1), width);
        var valueMask = ValueMask(lastToken, width, options.Slot);
        var estimator = options.Kl ?? new();
        var kl = KlEstimators.Compute(logProbs, refLogProbs, estimator);

        // OpenRLHF leaves padded slots as they are; its advantages mask them later.
        kl = estimator.Dialect == KlDialect.OpenRlhf ? kl : kl.Times(response.to_type(logProbs.dtype));
        var nonScore = kl.Times(-options.KlCoefficient);
        var slot = options.Slot == RewardSlot.LastToken ? lastToken : where(lastToken.IsBelow(width - 1), lastToken.Plus(1), lastToken);
        var clipped = options.RewardClip is { } c ? scores.Between(c.Min, c.Max) : scores;
        var rewards = nonScore.scatter_add(-1, slot.to_type(ScalarType.Int64).unsqueeze(-1), clipped.to_type(nonScore.dtype).unsqueeze(-1));
        var whitened = options.WhitenRewards ? Whitening.Whiten(rewards, valueMask, shiftMean: false) : rewards;
        var gae = Gae.Compute(whitened, values, response, options.Gae ?? new());
        return new(response, valueMask, kl, nonScore, rewards, whitened, gae.Advantages, Whitening.Whiten(gae.Advantages, response, options.Whitening), gae.Returns);
    }

    /// <summary>True on the response, and on the slot after it where the score may land there. (B) → (B, T).</summary>
    public static Tensor ValueMask(Tensor lastToken, long width, RewardSlot slot) =>
        ResponseMasks.FromLengths(lastToken.Plus(slot == RewardSlot.AfterLastToken ? 2 : 1), width);
}
