using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <param name="Loss">Scalar.</param>
/// <param name="TokenLosses">(N), labelled positions row by row, detached.</param>
/// <param name="StepProbabilities">(N): P(label 1) at the labelled positions.</param>
/// <param name="Accuracy">Share of labelled positions whose larger logit matches; ties take label 0.</param>
public sealed record ProcessRewardResult(Tensor Loss, Tensor TokenLosses, Tensor StepProbabilities, Tensor Accuracy);

/// <summary>Token classification over the steps of an answer: cross-entropy at labelled positions; nothing is shifted.</summary>
public static class ProcessRewardLoss
{
    /// <param name="logits">(B, T, 2).</param>
    /// <param name="labels">(B, T), −100 where there is no label.</param>
    /// <param name="denominator">Labelled positions of the whole optimiser step; null: of this batch.</param>
    /// <param name="labelSmoothing">ε in (1−ε)·(−ℓ_y) + ε·mean over both classes of −ℓ (torch's convention).</param>
    public static ProcessRewardResult Compute(Tensor logits, Tensor labels, double? denominator = null, double labelSmoothing = 0)
    {
        var flat = labels.reshape(-1);
        var rows = flat.IsNot(LogProbs.IgnoreIndex).nonzero().squeeze(-1);
        var targets = flat.index_select(0, rows);
        var logP = nn.functional.log_softmax(LogProbs.Scaled(logits, 1).reshape(-1, logits.shape[^1]).index_select(0, rows), -1);
        var losses = logP.gather(-1, targets.unsqueeze(-1)).squeeze(-1).neg();
        var correct = logP.argmax(-1).eq(targets).to_type(logP.dtype);
        var learned = labelSmoothing == 0 ? losses : losses.Times(1 - labelSmoothing).Minus(logP.mean([-1L]).Times(labelSmoothing));
        return new(learned.sum().Over(denominator ?? Math.Max(1, rows.shape[0])), losses.detach(), logP.detach().select(-1, 1).exp(), correct.mean());
    }
}
