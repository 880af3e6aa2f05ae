using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

public enum KtoLossType
{
    /// <summary><c>kto</c>: λ_D·(1 − σ(β(s − z₀))) or λ_U·(1 − σ(β(z₀ − s))) (Ethayarajh et al. 2024, eq. 8).</summary>
    Kto,

    /// <summary><c>apo_zero_unpaired</c>: λ_D·(1 − σ(βs)) or λ_U·σ(βs); no KL term, so no second forward pass (TRL).</summary>
    ApoZeroUnpaired,
}

/// <summary>Defaults are TRL's. Keep λ_D·n_D / (λ_U·n_U) within [1, 4/3].</summary>
public sealed record KtoOptions(KtoLossType Type = KtoLossType.Kto, double Beta = .1, double DesirableWeight = 1, double UndesirableWeight = 1);

/// <param name="Loss">Mean over all rows; weights are not renormalised.</param>
/// <param name="RowLosses">(B), detached.</param>
/// <param name="Kl">z₀, detached; 0 where the loss does not use it.</param>
/// <param name="Rewards">β·s (B), detached, without z₀.</param>
public sealed record KtoResult(Tensor Loss, Tensor RowLosses, Tensor Kl, Tensor Rewards);

/// <summary>Kahneman–Tversky optimisation on rows that carry one label each.</summary>
public static class KtoLoss
{
    /// <param name="policy">Sequence log-probs (B).</param>
    /// <param name="reference">(B).</param>
    /// <param name="desirable">(B) bool.</param>
    /// <param name="policyKl">Log-probs of mismatched pairs (see <see cref="Rotation"/>), or null where the type needs none.</param>
    public static KtoResult Compute(Tensor policy, Tensor reference, Tensor desirable, Tensor? policyKl, Tensor? referenceKl, KtoOptions options)
    {
        var s = policy.Minus(reference);
        var z0 = options.Type == KtoLossType.Kto
            ? Kl(policyKl ?? throw new ArgumentException("kto needs the mismatched pairs' log-probs."), referenceKl ?? throw new ArgumentException("kto needs the reference's mismatched log-probs."))
            : zeros([], s.dtype, s.device);
        var sign = desirable.to_type(s.dtype).Times(2).Minus(1);
        var weights = desirable.to_type(s.dtype).Times(options.DesirableWeight - options.UndesirableWeight).Plus(options.UndesirableWeight);

        // 1 − σ(x) = σ(−x) keeps its digits for large x.
        var rows = s.Minus(z0).Times(-options.Beta).Times(sign).sigmoid().Times(weights);
        return new(rows.mean(), rows.detach(), z0.detach(), s.detach().Times(options.Beta));
    }

    /// <summary>z₀ = max(0, mean(log π − log π_ref)) over mismatched pairs, no gradient.</summary>
    public static Tensor Kl(Tensor policyKl, Tensor referenceKl) => policyKl.detach().Minus(referenceKl.detach()).mean().AtLeast(0);

    /// <summary>
    /// The row whose completion is paired with each prompt to estimate z₀: the one before it in the same batch, the first taking the last.
    /// Consecutive batches of <paramref name="batchSize"/>; the smaller last batch rotates within itself.
    /// </summary>
    public static int[] Rotation(int rows, int batchSize) =>
        [.. Enumerable.Range(0, rows).Select(i => i % batchSize != 0 ? i - 1 : Math.Min(i + batchSize, rows) - 1)];

    /// <summary>TRL's metrics: keys of an absent label are absent, margins need both.</summary>
    public static Dictionary<string, double> Metrics(KtoResult result, Tensor policy, Tensor desirable)
    {
        using var scope = NewDisposeScope();
        var metrics = new Dictionary<string, double> { ["kl"] = result.Kl.Value() };
        double[] rewards = result.Rewards.Doubles(), logProbs = policy.Doubles(), labels = desirable.Doubles();
        foreach (var (name, label) in new[] { ("chosen", 1.0), ("rejected", 0.0) })
        {
            var rows = Enumerable.Range(0, labels.Length).Where(i => labels[i] == label).ToList();
            if (rows.Count > 0)
            {
                metrics[$"rewards/{name}"] = rows.Average(i => rewards[i]);
                metrics[$"logps/{name}"] = rows.Average(i => logProbs[i]);
            }
        }

        if (metrics.TryGetValue("rewards/chosen", out var c) && metrics.TryGetValue("rewards/rejected", out var r))
        {
            metrics["rewards/margins"] = c - r;
        }

        return metrics;
    }

    /// <summary>
    /// <c>logits/*</c> over the completion tokens of each label's rows and <c>entropy</c> over all; inputs (B, T), labels (B).
    /// </summary>
    public static Dictionary<string, double> TokenMetrics(Tensor meanLogits, Tensor entropy, Tensor mask, Tensor desirable)
    {
        using var scope = NewDisposeScope();
        var metrics = new Dictionary<string, double> { ["entropy"] = Masked.Mean(entropy.detach().to_type(ScalarType.Float64), mask).Value() };
        var good = desirable.to_type(ScalarType.Bool).unsqueeze(-1);
        foreach (var (name, label) in new[] { ("chosen", good), ("rejected", good.logical_not()) })
        {
            var rows = mask.to_type(ScalarType.Bool).logical_and(label);
            if (rows.any().item<bool>())
            {
                metrics[$"logits/{name}"] = Masked.Mean(meanLogits.detach().to_type(ScalarType.Float64), rows).Value();
            }
        }

        return metrics;
    }
}
