using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>From per-token log-probs to one number a sequence. Masks are shifted like the log-probs: (B, T−1), true keeps.</summary>
public static class SequenceLogProbs
{
    /// <summary>log π(y|x) = Σ over completion tokens: (B, T) → (B).</summary>
    public static Tensor Sum(Tensor logProbs, Tensor mask) => Masked.RowSums(logProbs, mask);

    /// <summary>Mean per completion token: (B, T) → (B).</summary>
    public static Tensor Mean(Tensor logProbs, Tensor mask) => Masked.RowMeans(logProbs, mask);

    /// <summary>
    /// LD-DPO (Liu et al. 2024, eq. 9): in each pair, completion tokens beyond the shorter one's length weigh
    /// <paramref name="alpha"/>. The batch holds the chosen half first: (2B, T) → (2B). TRL weighs policy and reference alike,
    /// LLaMA-Factory the policy only (then take <see cref="Sum"/> for the reference).
    /// </summary>
    public static Tensor Desensitised(Tensor logProbs, Tensor mask, double alpha)
    {
        var keep = mask.to_type(logProbs.dtype);
        var lengths = keep.SumLast();
        var half = lengths.shape[0] / 2;
        var common = lengths.narrow(0, 0, half).minimum(lengths.narrow(0, half, half));
        var inCommon = keep.cumsum(-1).le(cat([common, common]).unsqueeze(-1)).to_type(logProbs.dtype);
        return Masked.RowSums(logProbs.Times(inCommon.Times(1 - alpha).Plus(alpha)), mask);
    }

    /// <summary>
    /// WPO (Zhou et al. 2024, eq. 5): w = exp(mean over completion tokens of (ℓ − log Σ p²)), and per pair w_c·w_r; no gradient.
    /// Inputs (2B, T), chosen half first; result (B).
    /// </summary>
    public static Tensor WpoWeights(Tensor logProbs, Tensor logSumSquaredProbs, Tensor mask)
    {
        var w = Masked.RowMeans(logProbs.detach().Minus(logSumSquaredProbs.detach()), mask).exp();
        var half = w.shape[0] / 2;
        return w.narrow(0, 0, half).Times(w.narrow(0, half, half));
    }
}
