using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>
/// From per-token log-probs of a concatenated batch (chosen half first, 2B rows) to <see cref="DpoInputs"/>.
/// </summary>
/// <param name="Policy">Sequence log-probs of the policy (2B), weighted by LD-DPO where asked for.</param>
/// <param name="Reference">The reference's (2B).</param>
public sealed record DpoBatch(DpoInputs Inputs, Tensor Policy, Tensor Reference)
{
    /// <param name="policyTokens">(2B, T−1), column j belonging to position j+1.</param>
    /// <param name="referenceTokens">(2B, T−1), no gradient.</param>
    /// <param name="completionMask">
    /// (2B, T), <b>not</b> shifted: a first token without a prompt before it is not scored, yet counts in the lengths that <c>ipo</c> divides by (TRL).
    /// </param>
    /// <param name="ldAlpha">LD-DPO's α, null for none.</param>
    /// <param name="logSumSquaredProbs">(2B, T−1): switches WPO's weights on.</param>
    /// <param name="desensitiseReference">TRL weighs the reference's tail too; LLaMA-Factory does not.</param>
    public static DpoBatch From(
        Tensor policyTokens, Tensor referenceTokens, Tensor completionMask, double? ldAlpha = null, Tensor? logSumSquaredProbs = null, bool desensitiseReference = true)
    {
        var mask = completionMask.narrow(1, 1, completionMask.shape[1] - 1).to_type(ScalarType.Bool);
        var policy = ldAlpha is { } a ? SequenceLogProbs.Desensitised(policyTokens, mask, a) : SequenceLogProbs.Sum(policyTokens, mask);
        var reference = ldAlpha is { } r && desensitiseReference ? SequenceLogProbs.Desensitised(referenceTokens, mask, r) : SequenceLogProbs.Sum(referenceTokens, mask);
        var lengths = completionMask.to_type(policy.dtype).SumLast();
        var half = policy.shape[0] / 2;
        Tensor Chosen(Tensor t) => t.narrow(0, 0, half);
        Tensor Rejected(Tensor t) => t.narrow(0, half, half);
        var inputs = new DpoInputs(Chosen(policy), Rejected(policy), Chosen(reference).detach(), Rejected(reference).detach())
        {
            ChosenLengths = Chosen(lengths),
            RejectedLengths = Rejected(lengths),
            PairWeights = logSumSquaredProbs is null ? null : SequenceLogProbs.WpoWeights(policyTokens, logSumSquaredProbs, mask),
            ChosenNll = SftLoss.TokenMean(Chosen(policyTokens), Chosen(mask)),
        };
        return new(inputs, policy, reference);
    }
}
