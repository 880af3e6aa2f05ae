using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <param name="SequenceLosses">(B), detached.</param>
/// <param name="Ratio">(B, 1), detached.</param>
public sealed record RlooResult(Tensor Loss, Tensor SequenceLosses, Tensor Ratio);

/// <summary>
/// RLOO's clipped loss on whole sequences (Ahmadian et al. 2024): ratio = exp(Σ(ℓ − ℓ_old)), a sum where GSPO takes a mean;
/// −min(ρA, clip(ρ, 1 − ε, 1 + ε_high)·A), mean over rows. TRL's form.
/// </summary>
public static class RlooLoss
{
    /// <param name="logProbs">(B, T).</param>
    /// <param name="oldSums">(B), the sequences' log-probs at sampling; null: this very policy.</param>
    public static RlooResult Compute(Tensor logProbs, Tensor? oldSums, Tensor advantages, Tensor mask, double epsilon = .2, double? epsilonHigh = null)
    {
        var sums = Masked.RowSums(logProbs, mask);
        var ratio = sums.Minus(oldSums?.detach() ?? sums.detach()).exp();
        var rows = ratio.Times(advantages).minimum(ratio.Between(1 - epsilon, 1 + (epsilonHigh ?? epsilon)).Times(advantages)).neg();
        return new(rows.mean(), rows.detach(), ratio.detach().unsqueeze(-1));
    }
}
