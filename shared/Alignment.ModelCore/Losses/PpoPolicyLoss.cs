using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>How token losses become one number; verl's names.</summary>
public enum LossAggregation
{
    /// <summary>Σ over tokens / number of tokens. The default (TRL's PPO, OpenRLHF, verl).</summary>
    TokenMean,

    /// <summary>Σ over tokens.</summary>
    TokenSum,

    /// <summary>Mean over sequences of sums.</summary>
    SeqMeanTokenSum,

    /// <summary>The same, divided by the width T of the batch (Dr.GRPO).</summary>
    SeqMeanTokenSumNorm,

    /// <summary>Mean over sequences of means (GRPO; OpenRLHF without token-level loss).</summary>
    SeqMeanTokenMean,
}

/// <summary>Which ratio and which surrogate.</summary>
public enum PpoSurrogate
{
    /// <summary>max(−Aρ, −A·clip(ρ)) per token (Schulman et al. 2017, eq. 7).</summary>
    Clipped,

    /// <summary>verl's <c>cispo</c>: −sg(clip(ρ, 1 − ε_low, 1 + ε_high))·A·ℓ.</summary>
    Cispo,

    /// <summary>verl's <c>gspo</c>: sequence ratio in value, token gradient (GSPO-token, Zheng et al. 2025, eq. 14), its logarithm at most 10.</summary>
    GspoToken,

    /// <summary>OpenRLHF's <c>gspo</c>: sequence ratio in value and gradient.</summary>
    GspoSequence,
}

/// <summary>OpenRLHF's <c>vllm_is_correction_type</c>, with bounds [low, high].</summary>
public enum OpenRlhfCorrection
{
    None,

    /// <summary>Token ratio clamped.</summary>
    Tis,

    /// <summary>Token ratio, 0 outside.</summary>
    Icepop,

    /// <summary>Token ratio on sequences whose mean ratio lies inside, 0 on the others.</summary>
    SeqMaskTis,
}

/// <param name="DualClip">c &gt; 1: for A &lt; 0 the loss is at most −cA (Ye et al. 2020, eq. 5); null: off (TRL, OpenRLHF's default), verl 3.</param>
public sealed record PpoPolicyOptions(
    double ClipLow = .2, double ClipHigh = .2, double? DualClip = null, PpoSurrogate Surrogate = PpoSurrogate.Clipped, LossAggregation Aggregation = LossAggregation.TokenMean,
    OpenRlhfCorrection Correction = OpenRlhfCorrection.None, double CorrectionLow = 0, double CorrectionHigh = double.PositiveInfinity);

/// <param name="ClipFraction">Share of tokens where the clipped branch is taken.</param>
/// <param name="LowerClipFraction">Share where the dual clip is.</param>
/// <param name="ApproximateKl">Token mean of ℓ_old − ℓ.</param>
/// <param name="Ratio">(B, T), detached.</param>
public sealed record PpoPolicyResult(Tensor Loss, Tensor TokenLosses, Tensor ClipFraction, Tensor LowerClipFraction, Tensor ApproximateKl, Tensor Ratio);

/// <summary>PPO's policy loss per token, in the forms of OpenRLHF and verl; TRL's is the default options' value. The log-ratio is held within ±20.</summary>
public static class PpoPolicyLoss
{
    /// <summary>All inputs (B, T); <paramref name="mask"/> true keeps.</summary>
    public static PpoPolicyResult Compute(Tensor logProbs, Tensor oldLogProbs, Tensor advantages, Tensor mask, PpoPolicyOptions options, Tensor? samplingLogProbs = null)
    {
        var m = mask.to_type(logProbs.dtype);
        var logRatio = logProbs.Minus(oldLogProbs.detach());
        var ratio = Ratio(logProbs, logRatio, m, options.Surrogate);
        var clamped = ratio.Between(1 - options.ClipLow, 1 + options.ClipHigh);
        Tensor first = ratio.Times(advantages).neg(), second = clamped.Times(advantages).neg();
        var loss = options.Surrogate == PpoSurrogate.Cispo ? clamped.detach().Times(advantages).Times(logProbs).neg() : first.maximum(second);
        var lower = zeros_like(loss);
        if (options.DualClip is { } c)
        {
            var bound = advantages.Times(-c);
            var negative = advantages.IsBelow(0);
            lower = loss.gt(bound).logical_and(negative).to_type(loss.dtype);
            loss = where(negative, loss.minimum(bound), loss);
        }

        if (options.Correction != OpenRlhfCorrection.None)
        {
            loss = loss.Times(Correction(oldLogProbs, samplingLogProbs ?? throw new ArgumentException("The correction needs sampling log-probs."), m, options));
        }

        Tensor Share(Tensor t) => Masked.Mean(t.detach().to_type(m.dtype), mask);
        return new(Aggregate(loss, m, options.Aggregation), loss.detach(), Share(second.gt(first)), Share(lower), Share(logRatio.neg()), ratio.detach());
    }

    /// <summary>(B, T) → scalar.</summary>
    public static Tensor Aggregate(Tensor losses, Tensor mask, LossAggregation aggregation)
    {
        var m = mask.to_type(losses.dtype);
        var rows = losses.Times(m).SumLast();
        return aggregation switch
        {
            LossAggregation.TokenMean => rows.sum().Over(m.sum()),
            LossAggregation.TokenSum => rows.sum(),
            LossAggregation.SeqMeanTokenSum => rows.mean(),
            LossAggregation.SeqMeanTokenSumNorm => rows.mean().Over(mask.shape[1]),
            LossAggregation.SeqMeanTokenMean => rows.Over(m.SumLast().AtLeast(1)).mean(),
            _ => throw new ArgumentException($"Unknown aggregation {aggregation}."),
        };
    }

    private static Tensor Ratio(Tensor logProbs, Tensor logRatio, Tensor mask, PpoSurrogate surrogate)
    {
        if (surrogate is PpoSurrogate.Clipped or PpoSurrogate.Cispo)
        {
            return logRatio.Between(-20, 20).exp();
        }

        var sequence = Masked.RowMeans(logRatio, mask).unsqueeze(-1);
        return surrogate == PpoSurrogate.GspoSequence
            ? sequence.exp().expand(logRatio.shape)
            : logProbs.Minus(logProbs.detach()).Plus(sequence.detach()).AtMost(10).exp();
    }

    private static Tensor Correction(Tensor old, Tensor sampling, Tensor mask, PpoPolicyOptions o)
    {
        var logRatio = old.detach().Minus(sampling.detach());
        var ratio = logRatio.Between(-20, 20).exp();
        if (o.Correction == OpenRlhfCorrection.Tis)
        {
            return ratio.Between(o.CorrectionLow, o.CorrectionHigh);
        }

        var judged = o.Correction == OpenRlhfCorrection.Icepop ? ratio : Masked.RowMeans(logRatio, mask).exp().unsqueeze(-1).expand(ratio.shape);
        return ratio.Filled(judged.IsBelow(o.CorrectionLow).logical_or(judged.IsAbove(o.CorrectionHigh)), 0);
    }
}
