using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>A supervised loss and its detached parts.</summary>
/// <param name="Loss">Scalar, differentiable: the (weighted) sum divided by <paramref name="Denominator"/>.</param>
/// <param name="NegativeLogLikelihoodSum">Σ −ℓ over scored tokens, detached: perplexity needs this whatever the loss variant.</param>
/// <param name="TokenCount">Scored tokens of this micro-batch.</param>
/// <param name="Denominator">What the sum was divided by.</param>
/// <param name="CorrectCount">Scored tokens that the model ranks first, or null where not asked for.</param>
public sealed record SftResult(Tensor Loss, Tensor NegativeLogLikelihoodSum, Tensor TokenCount, Tensor Denominator, Tensor? CorrectCount);

/// <summary>Which token loss. <see cref="Nll"/> is everybody's default; <see cref="Dft"/> is TRL's and LLaMA-Factory's <c>dft</c>.</summary>
public enum SftVariant
{
    /// <summary>−log p.</summary>
    Nll,

    /// <summary>−sg(p)·log p (dynamic fine-tuning, Wu et al. 2025, eq. 9).</summary>
    Dft,
}

/// <summary>
/// Token-normalised cross-entropy: Σ wₜ·(−ℓₜ) / N over scored tokens. N should be the scored tokens of <b>all</b> micro-batches of the
/// optimiser step (Hugging Face <c>num_items_in_batch</c>), so that accumulation does not change the result; without it N is this
/// batch's own count.
/// </summary>
public static class SftLoss
{
    /// <summary>From logits (B, T, V) and unshifted labels (B, T), −100 ignored.</summary>
    /// <param name="denominator">Scored tokens (or summed weights) of the whole optimiser step; null: of this batch.</param>
    /// <param name="weights">Per-token weights (B, T), unshifted, or null for 1.</param>
    /// <param name="labelSmoothing">ε in (1−ε)·(−ℓ_y) + ε·mean_v(−ℓ_v) (Szegedy et al. 2016, §7; torch's convention). Default 0.</param>
    public static SftResult Compute(
        Tensor logits, Tensor labels, double? denominator = null, Tensor? weights = null, double labelSmoothing = 0, SftVariant variant = SftVariant.Nll)
    {
        var (targets, mask) = LogProbs.ShiftedTargets(labels);
        var z = LogProbs.Scaled(logits.narrow(1, 0, logits.shape[1] - 1), 1);
        var normaliser = z.logsumexp(-1);
        var logProbs = z.gather(-1, targets.unsqueeze(-1)).squeeze(-1).Minus(normaliser);
        var uniform = labelSmoothing == 0 ? null : z.mean([-1L]).Minus(normaliser);
        return Reduce(logProbs, uniform, mask, Shift(weights), denominator, labelSmoothing, variant, z.argmax(-1).eq(targets));
    }

    /// <summary>From hidden states (B, T, D) through the chunked head, so that (B, T, V) is never held; the same number.</summary>
    public static SftResult FromHidden(
        Tensor hidden, Tensor weight, Tensor? bias, Tensor labels, double? denominator = null, Tensor? weights = null, SftVariant variant = SftVariant.Nll, HeadOptions? head = null,
        double labelSmoothing = 0)
    {
        if (variant == SftVariant.Nll)
        {
            return HeadCrossEntropy.Compute(hidden, weight, bias, labels, denominator, weights, head, labelSmoothing);
        }

        if (labelSmoothing != 0)
        {
            throw new ArgumentException("Label smoothing belongs to the plain loss, not to dft.", nameof(labelSmoothing));
        }

        var (s, mask) = HeadLogProbs.Shifted(hidden, weight, bias, labels, head);
        return Reduce(s.LogProbs, null, mask, Shift(weights), denominator, 0, variant, s.IsTop1.to_type(ScalarType.Bool));
    }

    /// <summary>From per-token log-probs (B, T−1) already scored, with their mask: the token mean of −ℓ.</summary>
    public static Tensor TokenMean(Tensor logProbs, Tensor mask) => Masked.Mean(logProbs, mask).neg();

    /// <summary>Mean over rows of each row's mean −ℓ: LLaMA-Factory's <c>pref_ftx</c> and OpenRLHF's NLL term.</summary>
    public static Tensor RowMean(Tensor logProbs, Tensor mask) => Masked.RowMeans(logProbs, mask).mean().neg();

    internal static Tensor? Shift(Tensor? weights) => weights?.narrow(1, 1, weights.shape[1] - 1);

    private static SftResult Reduce(Tensor logProbs, Tensor? uniform, Tensor mask, Tensor? weights, double? denominator, double smoothing, SftVariant variant, Tensor correct)
    {
        var nll = logProbs.neg();
        var token = variant == SftVariant.Dft ? nll.Times(logProbs.detach().exp()) : nll;
        token = uniform is null ? token : token.Times(1 - smoothing).Minus(uniform.Times(smoothing));
        token = weights is null ? token : token.Times(weights.to_type(token.dtype));
        var count = mask.to_type(token.dtype).sum();
        var own = weights is null ? count : Masked.Sum(weights.to_type(token.dtype), mask);
        var n = denominator is { } d ? full_like(count, d) : own;
        return new(Masked.Sum(token, mask).Over(n), Masked.Sum(nll, mask).detach(), count, n.detach(), correct.logical_and(mask).sum().detach());
    }
}
