using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>TRL's metrics of a policy-gradient step; padding and tool tokens are never counted.</summary>
public static class GrpoMetrics
{
    public static Dictionary<string, double> Compute(GrpoInputs inputs, GrpoOptions options, GrpoResult result)
    {
        using var scope = NewDisposeScope();
        var mask = GrpoLoss.Mask(inputs).MaskAs(inputs.LogProbs);
        var metrics = new Dictionary<string, double>();
        if (inputs.Entropies is { } entropies)
        {
            metrics["entropy"] = Masked.Mean(entropies.detach(), mask).Value();
        }

        if (result.Kl is { } kl)
        {
            metrics["kl"] = Masked.Mean(kl, mask).Value();
        }

        var advantages = GrpoLoss.Column(inputs).to_type(mask.dtype);
        switch (options.Type)
        {
            case GrpoLossType.Cispo:
                var above = result.Ratio.IsAbove(options.CispoBounds.High).logical_and(advantages.IsAbove(0)).to_type(mask.dtype);
                metrics["cispo_clip_ratio"] = GrpoLoss.BatchMean(above, mask).Value();
                break;
            case GrpoLossType.Vespo:
                metrics["vespo/phi_seq_mean"] = result.Phi!.mean().Value();
                break;
            case GrpoLossType.Sapo:
                break;
            default:
                Clipping(metrics, result.Ratio, advantages, mask, options.Epsilon, options.High);
                break;
        }

        if (result.SamplerRatio is { } ratio)
        {
            Sampler(metrics, inputs, ratio, mask);
        }

        return metrics;
    }

    /// <summary><c>clip_ratio/*</c>: share of tokens (or sequences, for a (B, 1) ratio) beyond a bound that their advantage pushes against.</summary>
    public static void Clipping(Dictionary<string, double> metrics, Tensor ratio, Tensor advantages, Tensor mask, double low, double high)
    {
        var below = ratio.IsBelow(1 - low).logical_and(advantages.IsBelow(0));
        var above = ratio.IsAbove(1 + high).logical_and(advantages.IsAbove(0));
        Tensor Rows(Tensor t) => t.shape[1] == 1 ? t.squeeze(-1).to_type(mask.dtype) : Masked.RowMeans(t.to_type(mask.dtype), mask);
        double Mean(Tensor t) => GrpoLoss.BatchMean(t.to_type(mask.dtype), mask).Value();
        metrics["clip_ratio/low_mean"] = Mean(below);
        metrics["clip_ratio/high_mean"] = Mean(above);
        metrics["clip_ratio/region_mean"] = Mean(below.logical_or(above));
        metrics["clip_ratio/low_min"] = Rows(below).min().Value();
        metrics["clip_ratio/high_max"] = Rows(above).max().Value();
    }

    private static void Sampler(Dictionary<string, double> metrics, GrpoInputs inputs, Tensor ratio, Tensor mask)
    {
        var kept = mask.to_type(ScalarType.Bool);
        var difference = inputs.OldLogProbs!.detach().Minus(inputs.SamplingLogProbs!.detach()).abs();
        difference = difference.masked_select(kept.logical_and(difference.isnan().logical_not()));
        metrics["sampling/sampling_logp_difference/mean"] = difference.mean().Value();
        metrics["sampling/sampling_logp_difference/max"] = difference.max().Value();
        var flat = ratio.shape[1] == 1 ? ratio.reshape(-1) : ratio.masked_select(kept);
        metrics["sampling/importance_sampling_ratio/min"] = flat.min().Value();
        metrics["sampling/importance_sampling_ratio/mean"] = flat.mean().Value();
        metrics["sampling/importance_sampling_ratio/max"] = flat.max().Value();
    }
}
