using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <param name="ClipFraction">Share of tokens where the clipped branch is the larger.</param>
/// <param name="TokenLosses">(B, T), before the factor ½, detached.</param>
public sealed record ValueLossResult(Tensor Loss, Tensor ClipFraction, Tensor TokenLosses);

/// <summary>
/// The critic's loss: ½·max((v − R)², (clip(v, v_old ± c) − R)²) (Schulman's code; Engstrom et al. 2020), aggregated over tokens.
/// </summary>
public static class ValueLoss
{
    /// <summary>All (B, T).</summary>
    /// <param name="clipRange">c; null: no clipping. TRL and torchtune .2, OpenRLHF and verl .5.</param>
    public static ValueLossResult Compute(
        Tensor values, Tensor oldValues, Tensor returns, Tensor mask, double? clipRange, LossAggregation aggregation = LossAggregation.TokenMean)
    {
        var plain = values.Minus(returns).Squared();
        if (clipRange is not { } c)
        {
            return new(PpoPolicyLoss.Aggregate(plain, mask, aggregation).Times(.5), zeros([], values.dtype, values.device), plain.detach());
        }

        var old = oldValues.detach();
        var clipped = values.minimum(old.Plus(c)).maximum(old.Minus(c)).Minus(returns).Squared();
        var worse = plain.maximum(clipped);
        var fraction = Masked.Mean(clipped.detach().gt(plain.detach()).to_type(values.dtype), mask);
        return new(PpoPolicyLoss.Aggregate(worse, mask, aggregation).Times(.5), fraction, worse.detach());
    }
}
