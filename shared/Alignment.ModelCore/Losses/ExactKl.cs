using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>KL over whole distributions rather than sampled tokens; affordable for evaluation and as a check of the estimators.</summary>
public static class ExactKl
{
    /// <summary>Σ_v p(v)·(log p(v) − log q(v)) for logits (…, V) → (…), in nats; entries with p = 0 contribute 0.</summary>
    public static Tensor Categorical(Tensor policyLogits, Tensor referenceLogits)
    {
        var p = nn.functional.log_softmax(LogProbs.Scaled(policyLogits, 1), -1);
        var q = nn.functional.log_softmax(LogProbs.Scaled(referenceLogits, 1), -1);
        return p.exp().Times(p.Minus(q).Filled(p.isneginf(), 0)).SumLast();
    }

    /// <summary>
    /// Chain rule for two steps: KL of the first step plus the second's, averaged over first tokens under p. Logits (V) and (V, V), row = first token.
    /// </summary>
    public static (Tensor First, Tensor ExpectedSecond) TwoSteps(Tensor policyFirst, Tensor policySecond, Tensor referenceFirst, Tensor referenceSecond) =>
        (Categorical(policyFirst, referenceFirst), nn.functional.softmax(policyFirst, -1).Times(Categorical(policySecond, referenceSecond)).sum());
}
