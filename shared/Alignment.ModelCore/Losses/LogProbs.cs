using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>
/// Log-probabilities of given tokens and what else a row of logits tells. Half-precision logits are widened to float32 first.
/// <para>Temperature divides the logits before anything else (TRL's GRPO and RLOO; its PPO divides by T + 1e-7).</para>
/// </summary>
public static class LogProbs
{
    /// <summary>Labels with this value are ignored: value 0, counted nowhere.</summary>
    public const long IgnoreIndex = -100;

    /// <summary>ℓ = z[y] − logsumexp(z). <paramref name="logits"/> (…, V), <paramref name="targets"/> (…) int64, result (…).</summary>
    public static Tensor Selective(Tensor logits, Tensor targets, double temperature = 1)
    {
        var z = Scaled(logits, temperature);
        return z.gather(-1, targets.unsqueeze(-1)).squeeze(-1).Minus(z.logsumexp(-1));
    }

    /// <summary>The log-probs of K candidates a position: <paramref name="indices"/> (…, K), result (…, K).</summary>
    public static Tensor SelectiveMany(Tensor logits, Tensor indices, double temperature = 1)
    {
        var z = Scaled(logits, temperature);
        return z.gather(-1, indices).Minus(z.logsumexp(-1, keepdim: true));
    }

    /// <summary>
    /// H = −Σ p·log p in nats; an entry of probability 0 (z = −∞) contributes 0. From log-softmax, because logsumexp(z) − Σ p·z loses
    /// digits to large logits. (…, V) → (…).
    /// </summary>
    public static Tensor Entropy(Tensor logits, double temperature = 1)
    {
        var logP = nn.functional.log_softmax(Scaled(logits, temperature), -1);
        return logP.exp().Times(logP.Filled(logP.isneginf(), 0)).SumLast().neg();
    }

    /// <summary>log Σ p² = logsumexp(2z) − 2·logsumexp(z): the expected log of WPO's weights (Zhou et al. 2024, eq. 5). (…, V) → (…).</summary>
    public static Tensor LogSumSquaredProbs(Tensor logits, double temperature = 1)
    {
        var z = Scaled(logits, temperature);
        return z.Times(2).logsumexp(-1).Minus(z.logsumexp(-1).Times(2));
    }

    /// <summary>Mean of z over the vocabulary, what the <c>logits/*</c> metrics average. (…, V) → (…).</summary>
    public static Tensor MeanLogits(Tensor logits, double temperature = 1) => Scaled(logits, temperature).mean([-1L]);

    /// <summary>True where the target is the first maximum of its logits. (…, V), (…) → (…) bool.</summary>
    public static Tensor IsTop1(Tensor logits, Tensor targets) => logits.argmax(-1).eq(targets);

    /// <summary>
    /// Scores labels that are <b>not</b> shifted: the logits at t−1 score the label at t, so column j of the result belongs to label j+1.
    /// <paramref name="logits"/> (B, T, V), <paramref name="labels"/> (B, T) with <see cref="IgnoreIndex"/> where nothing is scored.
    /// </summary>
    /// <returns>Log-probs (B, T−1), 0 where ignored, and the mask (B, T−1), true keeps.</returns>
    public static (Tensor LogProbs, Tensor Mask) Shifted(Tensor logits, Tensor labels, double temperature = 1)
    {
        var (targets, mask) = ShiftedTargets(labels);
        var scored = Selective(logits.narrow(1, 0, logits.shape[1] - 1), targets, temperature);
        return (scored.Times(mask.MaskAs(scored)), mask);
    }

    /// <summary>The scored targets of unshifted labels: (B, T) → targets (B, T−1) with 0 in ignored places, mask (B, T−1).</summary>
    public static (Tensor Targets, Tensor Mask) ShiftedTargets(Tensor labels)
    {
        var targets = labels.narrow(1, 1, labels.shape[1] - 1);
        var mask = targets.IsNot(IgnoreIndex);
        return (targets.Filled(mask.logical_not(), 0), mask);
    }

    /// <summary>Labels for <see cref="Shifted"/> from ids and an unshifted mask (both (B, T)); true keeps.</summary>
    public static Tensor Labels(Tensor inputIds, Tensor mask) => inputIds.Filled(mask.to_type(ScalarType.Bool).logical_not(), IgnoreIndex);

    internal static Tensor Scaled(Tensor logits, double temperature)
    {
        var z = logits.dtype is ScalarType.Float64 or ScalarType.Float32 ? logits : logits.to_type(ScalarType.Float32);
        return temperature == 1 ? z : z.Over(temperature);
    }
}
