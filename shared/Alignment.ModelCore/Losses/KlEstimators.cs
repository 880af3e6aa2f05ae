using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>
/// Estimators of KL(π‖π_ref) from tokens sampled by π; ρ = log π − log π_ref (Schulman 2020, "Approximating KL divergence").
/// </summary>
public enum KlEstimator
{
    /// <summary>ρ: unbiased, may be negative.</summary>
    K1,

    /// <summary>ρ²/2: biased, but its gradient is that of the KL.</summary>
    K2,

    /// <summary>e^{−ρ} − 1 + ρ: unbiased and never negative.</summary>
    K3,

    /// <summary>|ρ|.</summary>
    Abs,
}

/// <summary>How a library holds an estimator within bounds; a clamped element has gradient 0.</summary>
public enum KlDialect
{
    /// <summary>No clamp (TRL). The default.</summary>
    Plain,

    /// <summary>verl: k3 clamps −ρ to ±20 and the result to ±10; the others are plain.</summary>
    Verl,

    /// <summary>OpenRLHF: every result is clamped to ±10 (computed there in float32).</summary>
    OpenRlhf,

    /// <summary>NeMo-RL: −ρ is clamped to ±20 first, every result to ±10.</summary>
    Nemo,
}

/// <param name="StraightThrough">verl's trailing <c>+</c>: keeps the value, takes k2's unclamped gradient ρ.</param>
public sealed record KlOptions(KlEstimator Estimator = KlEstimator.K1, KlDialect Dialect = KlDialect.Plain, bool StraightThrough = false)
{
    /// <summary>
    /// <c>k1</c>, <c>k3+</c>, <c>abs</c>, and verl's aliases <c>kl</c>, <c>mse</c>, <c>low_var_kl</c>. Without a dialect, names with a
    /// <c>+</c> are verl's and others plain.
    /// </summary>
    public static KlOptions Parse(string name, KlDialect? dialect = null)
    {
        var plus = name.EndsWith('+');
        var estimator = name.TrimEnd('+') switch
        {
            "k1" or "kl" => KlEstimator.K1,
            "k2" or "mse" => KlEstimator.K2,
            "k3" or "low_var_kl" => KlEstimator.K3,
            "abs" => KlEstimator.Abs,
            _ => throw new ArgumentException($"Unknown KL estimator '{name}': k1, k2, k3, abs, or one of these with a trailing +."),
        };
        return new(estimator, dialect ?? (plus ? KlDialect.Verl : KlDialect.Plain), plus);
    }
}

/// <summary>Per-token KL penalties. As a reward any estimator serves; as a loss only k2 (or an estimator with <c>+</c>) has the KL's gradient.</summary>
public static class KlEstimators
{
    /// <summary>Same shape as the log-probs; the reference carries no gradient.</summary>
    public static Tensor Compute(Tensor logProbs, Tensor refLogProbs, KlOptions options)
    {
        var rho = logProbs.Minus(refLogProbs.detach());
        var value = Bounded(rho, options);
        return options.StraightThrough ? StraightThrough(value, rho) : value;
    }

    /// <summary>
    /// TRL's <c>use_bias_correction_kl</c>: k3 times the differentiable ratio π/π_old, whose expected gradient is that of the KL also off-policy.
    /// </summary>
    public static Tensor BiasCorrectedK3(Tensor logProbs, Tensor refLogProbs, Tensor oldLogProbs) =>
        K3(logProbs.Minus(refLogProbs.detach())).Times(logProbs.Minus(oldLogProbs.detach()).exp());

    private static Tensor Bounded(Tensor rho, KlOptions options) => options.Dialect switch
    {
        KlDialect.Plain => Raw(rho, options.Estimator),
        KlDialect.Verl => options.Estimator == KlEstimator.K3 ? K3(rho.Between(-20, 20)).Between(-10, 10) : Raw(rho, options.Estimator),
        KlDialect.OpenRlhf => Raw(rho, options.Estimator).Between(-10, 10),
        KlDialect.Nemo => Raw(rho.Between(-20, 20), options.Estimator).Between(-10, 10),
        _ => throw new ArgumentException($"Unknown dialect {options.Dialect}."),
    };

    private static Tensor Raw(Tensor rho, KlEstimator estimator) => estimator switch
    {
        KlEstimator.K1 => rho,
        KlEstimator.K2 => rho.Squared().Times(.5),
        KlEstimator.K3 => K3(rho),
        KlEstimator.Abs => rho.abs(),
        _ => throw new ArgumentException($"Unknown estimator {estimator}."),
    };

    /// <summary>expm1 keeps the digits of e^{−ρ} − 1 near 0.</summary>
    private static Tensor K3(Tensor rho) => rho.neg().expm1().Plus(rho);

    private static Tensor StraightThrough(Tensor value, Tensor rho)
    {
        var k2 = rho.Squared().Times(.5);
        return value.detach().Plus(k2.Minus(k2.detach()));
    }
}
