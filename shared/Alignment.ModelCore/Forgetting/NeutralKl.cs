using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Forgetting;

/// <summary>Which way the divergence from the base is taken.</summary>
public enum KlDirection
{
    /// <summary>KL(base ‖ policy): the policy must keep all that the base could say.</summary>
    Forward,

    /// <summary>KL(policy ‖ base): the policy must not say what the base would not.</summary>
    Reverse,

    /// <summary>½·KL(policy ‖ m) + ½·KL(base ‖ m), m the mean of both: bounded by ln 2.</summary>
    Js,
}

/// <summary>Divergence of a policy from its base on neutral text, over the whole vocabulary, in nats.</summary>
public static class NeutralKl
{
    private static readonly double Ln2 = Math.Log(2);

    /// <summary>
    /// D at each position: (…, V) and (…, V) → (…). Logits are divided by <paramref name="temperature"/>; with
    /// <paramref name="scaleByT2"/> the value is multiplied by T², which keeps gradients as large as at T = 1 (Hinton et al. 2015, §2).
    /// </summary>
    public static Tensor PerPosition(Tensor policyLogits, Tensor baseLogits, KlDirection direction, double temperature = 1, bool scaleByT2 = false)
    {
        var p = nn.functional.log_softmax(LogProbs.Scaled(policyLogits, temperature), -1);
        var q = nn.functional.log_softmax(LogProbs.Scaled(baseLogits, temperature), -1);
        var value = direction switch
        {
            KlDirection.Forward => Divergence(q, p),
            KlDirection.Reverse => Divergence(p, q),
            _ => JensenShannon(p, q),
        };
        return scaleByT2 ? value.Times(temperature * temperature) : value;
    }

    /// <summary>The mean over kept positions of the whole batch. mask (…), true keeps.</summary>
    public static Tensor Mean(Tensor policyLogits, Tensor baseLogits, Tensor mask, KlDirection direction, double temperature = 1, bool scaleByT2 = false) =>
        Masked.Mean(PerPosition(policyLogits, baseLogits, direction, temperature, scaleByT2), mask);

    private static Tensor JensenShannon(Tensor p, Tensor q)
    {
        var m = p.logaddexp(q).Minus(Ln2);
        return Divergence(p, m).Plus(Divergence(q, m)).Times(.5);
    }

    // Σ a·(log a − log b); an entry of probability 0 contributes 0.
    private static Tensor Divergence(Tensor a, Tensor b) => a.exp().Times(a.Minus(b).Filled(a.isneginf(), 0)).SumLast();
}
