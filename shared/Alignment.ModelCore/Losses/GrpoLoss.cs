using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>B sequences of T completion tokens.</summary>
/// <param name="LogProbs">(B, T), current policy, differentiable.</param>
/// <param name="Advantages">(B), or (B, T) where every token has its own.</param>
/// <param name="CompletionMask">(B, T): completion tokens including EOS.</param>
public sealed record GrpoInputs(Tensor LogProbs, Tensor Advantages, Tensor CompletionMask)
{
    /// <summary>(B, T): 0 on tokens that a tool or environment wrote.</summary>
    public Tensor? ToolMask { get; init; }

    /// <summary>(B, T), the policy that generated; null: one update per generation, ratio 1 with its gradient alive.</summary>
    public Tensor? OldLogProbs { get; init; }

    /// <summary>(B, T); needed when β is not 0.</summary>
    public Tensor? RefLogProbs { get; init; }

    /// <summary>(B, T), as the sampling engine reported them; needed by the sampler correction.</summary>
    public Tensor? SamplingLogProbs { get; init; }

    /// <summary>(B, T); needed by the entropy bonus and the entropy mask.</summary>
    public Tensor? Entropies { get; init; }
}

/// <param name="Loss">Scalar to back-propagate.</param>
/// <param name="TokenLosses">(B, T), or (B, 1) at sequence level: before masking and reduction, detached.</param>
/// <param name="PolicyLoss">The loss without the entropy bonus, detached.</param>
/// <param name="Ratio">(B, T) or (B, 1), after the δ clamp, detached.</param>
/// <param name="SamplerRatio">(B, T) or (B, 1), null without a correction.</param>
/// <param name="Kl">(B, T), null when β is 0; detached.</param>
/// <param name="Phi">VESPO's φ (B, 1), else null.</param>
public sealed record GrpoResult(Tensor Loss, Tensor TokenLosses, Tensor PolicyLoss, Tensor Ratio, Tensor? SamplerRatio, Tensor? Kl, Tensor? Phi);

/// <summary>Group-relative policy optimisation and its descendants, in the arithmetic and order of TRL's GRPO trainer.</summary>
public static class GrpoLoss
{
    public static GrpoResult Compute(GrpoInputs inputs, GrpoOptions options, GrpoReduction reduction)
    {
        var logProbs = inputs.LogProbs;
        var mask = Mask(inputs).MaskAs(logProbs);
        var logRatio = logProbs.Minus(inputs.OldLogProbs?.detach() ?? logProbs.detach());
        var ratio = (options.Level == RatioLevel.Token ? logRatio : Masked.RowMeans(logRatio, mask).unsqueeze(-1)).exp();
        var correction = SamplerRatio(inputs, mask, options);
        var (loss, clipped, phi) = Policy(inputs, options, mask, logRatio, ratio, correction);
        if (options.OffPolicyMaskThreshold is { } threshold)
        {
            loss = loss.Times(OffPolicyMask(inputs, mask, threshold));
        }

        var entropyMask = options.TopEntropyQuantile < 1 ? EntropyMask(Entropies(inputs), mask, options.TopEntropyQuantile) : null;
        loss = entropyMask is null ? loss : loss.Times(entropyMask);
        loss = correction is null || options.Type == GrpoLossType.Vespo ? loss : loss.Times(correction);
        Tensor? kl = null;
        if (options.Beta != 0)
        {
            kl = KlEstimators.Compute(logProbs, inputs.RefLogProbs ?? throw new ArgumentException("beta is not 0: the reference's log-probs are needed."), options.Kl);
            kl = options.UseBiasCorrectionKl && options.Kl == new KlOptions(KlEstimator.K3) ? kl.Times(ratio) : kl;
            loss = loss.Plus(kl.Times(options.Beta));
        }

        var policy = Reduce(loss, mask, options, reduction);
        var total = policy;
        if (options.EntropyCoefficient != 0)
        {
            var kept = entropyMask is null ? mask : mask.Times(entropyMask);
            var bonus = Entropies(inputs).Times(kept).sum().Over(kept.sum().AtLeast(1));
            total = total.Minus(bonus.Times(options.EntropyCoefficient / (reduction.Evaluation ? 1 : reduction.AccumulationSteps)));
        }

        return new(total, loss.detach(), policy.detach(), clipped.detach(), correction, kl?.detach(), phi);
    }

    /// <summary>Completion mask times tool mask.</summary>
    public static Tensor Mask(GrpoInputs inputs) => inputs.ToolMask is { } tool ? inputs.CompletionMask.Times(tool.to_type(inputs.CompletionMask.dtype)) : inputs.CompletionMask;

    /// <summary>(B, 1) or (B, T).</summary>
    internal static Tensor Column(GrpoInputs inputs) => inputs.Advantages.dim() == 1 ? inputs.Advantages.unsqueeze(-1) : inputs.Advantages;

    /// <summary>Tokens whose entropy reaches the (1−q) quantile (linear, float32) of all unmasked tokens: (B, T).</summary>
    public static Tensor EntropyMask(Tensor entropies, Tensor mask, double topShare)
    {
        var kept = mask.to_type(ScalarType.Bool);
        var values = entropies.detach().masked_select(kept).to_type(ScalarType.Float32);
        if (values.numel() == 0)
        {
            return mask;
        }

        var threshold = Quantile(values, 1 - topShare);
        return entropies.detach().to_type(ScalarType.Float32).ge(threshold).logical_and(kept).to_type(mask.dtype);
    }

    /// <summary>(B, 1): 0 where A &lt; 0 and the mean of (sampling or old − current) log-prob exceeds the threshold.</summary>
    public static Tensor OffPolicyMask(GrpoInputs inputs, Tensor mask, double threshold)
    {
        var source = inputs.SamplingLogProbs ?? inputs.OldLogProbs ?? inputs.LogProbs;
        var drift = Masked.RowMeans(source.detach().Minus(inputs.LogProbs.detach()).nan_to_num(0), mask);
        var keep = inputs.Advantages.IsBelow(0).logical_not().logical_or(drift.IsAbove(threshold).logical_not());
        return keep.to_type(mask.dtype).unsqueeze(-1);
    }

    /// <summary>Mean over kept tokens, or over sequences for a (B, 1) value.</summary>
    internal static Tensor BatchMean(Tensor value, Tensor mask) => value.shape[1] == 1 ? value.mean() : Masked.Mean(value, mask);

    private static Tensor Entropies(GrpoInputs inputs) => inputs.Entropies ?? throw new ArgumentException("The entropy bonus and the entropy mask need the entropies.");

    private static (Tensor Loss, Tensor Ratio, Tensor? Phi) Policy(GrpoInputs inputs, GrpoOptions o, Tensor mask, Tensor logRatio, Tensor ratio, Tensor? correction)
    {
        var a = Column(inputs).to_type(ratio.dtype);
        switch (o.Type)
        {
            case GrpoLossType.Cispo:
                return (ratio.Between(o.CispoBounds.Low, o.CispoBounds.High).detach().Times(a).Times(inputs.LogProbs).neg(), ratio, null);
            case GrpoLossType.Sapo:
                var temperature = where(a.IsAbove(0), full_like(a, o.SapoTemperaturePositive), full_like(a, o.SapoTemperatureNegative));
                return (ratio.Minus(1).Times(temperature).sigmoid().Times(4).Over(temperature).Times(a).neg(), ratio, null);
            case GrpoLossType.Vespo:
                var phi = Phi(a, mask, logRatio, correction, o);
                return (phi.Times(a).Times(inputs.LogProbs).neg(), ratio, phi);
            default:
                var capped = o.Delta is { } delta ? ratio.AtMost(delta) : ratio;
                var clipped = ratio.Between(1 - o.Epsilon, 1 + o.High);
                return (capped.Times(a).minimum(clipped.Times(a)).neg(), capped, null);
        }
    }

    /// <summary>φ = exp(λ + k·log w − λ·w) with w clamped to [1e-8, e²⁰]; no gradient. (B, 1)</summary>
    private static Tensor Phi(Tensor advantages, Tensor mask, Tensor logRatio, Tensor? correction, GrpoOptions o)
    {
        var least = Math.Log(1e-8);
        var logW = Masked.RowSums(logRatio.detach().Between(-20, 20), mask).unsqueeze(-1);
        if (correction is not null)
        {
            logW = logW.Plus(correction.AtLeast(1e-8).log().Between(least, 20).sum([-1L], keepdim: true));
        }

        logW = logW.Between(least, 20);
        Tensor Shape((double K, double Lambda) s) => logW.Times(s.K).Minus(logW.exp().Times(s.Lambda)).Plus(s.Lambda).exp();
        return where(advantages.IsBelow(0), Shape(o.VespoNegative), Shape(o.VespoPositive)).detach();
    }

    private static Tensor? SamplerRatio(GrpoInputs inputs, Tensor mask, GrpoOptions o)
    {
        if (o.Correction == SamplerCorrection.None)
        {
            return null;
        }

        if (inputs.OldLogProbs is not { } old || inputs.SamplingLogProbs is not { } sampling)
        {
            throw new ArgumentException("The sampler correction needs old and sampling log-probs.");
        }

        var difference = old.detach().Minus(sampling.detach()).Times(mask).nan_to_num(0);
        var ratio = (o.Correction is SamplerCorrection.TokenTruncate or SamplerCorrection.TokenMask ? difference : difference.sum([-1L], keepdim: true)).exp();
        double min = o.CorrectionMin ?? double.NegativeInfinity, max = o.CorrectionMax ?? double.PositiveInfinity;
        return o.Correction is SamplerCorrection.TokenTruncate or SamplerCorrection.SequenceTruncate
            ? ratio.Between(min, max)
            : ratio.Filled(ratio.IsBelow(min).logical_or(ratio.IsAbove(max)), 0);
    }

    private static Tensor Reduce(Tensor loss, Tensor mask, GrpoOptions o, GrpoReduction r)
    {
        var masked = loss.Times(mask);
        double steps = r.Evaluation ? 1 : r.AccumulationSteps;
        return o.Type switch
        {
            GrpoLossType.Grpo or GrpoLossType.Sapo => masked.SumLast().Over(mask.SumLast().AtLeast(1)).mean().Over(steps),
            GrpoLossType.Bnpo => masked.sum().Over(mask.sum().AtLeast(1)).Over(steps),
            GrpoLossType.DrGrpo => masked.sum().Over(mask.shape[0] * (double)o.MaxCompletionLength).Over(steps),
            GrpoLossType.Luspo => masked.SumLast().mean().Over(steps),
            _ => masked.sum().Over(r.ItemsInBatch * (r.Evaluation ? 1 : r.AccumulationSteps / (double)r.StepsPerGeneration)),
        };
    }

    private static Tensor Quantile(Tensor values, double q)
    {
        var sorted = values.sort(0).Values;
        var position = q * (sorted.numel() - 1);
        var low = (long)Math.Floor(position);
        var high = Math.Min(low + 1, sorted.numel() - 1);
        return sorted[low].Plus(sorted[high].Minus(sorted[low]).Times((float)(position - low)));
    }
}
