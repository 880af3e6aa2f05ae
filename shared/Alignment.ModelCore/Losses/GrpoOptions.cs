namespace Alignment.ModelCore.Losses;

/// <summary>Policy-gradient losses over groups; TRL's names.</summary>
public enum GrpoLossType
{
    /// <summary>Mean of per-sequence means (Shao et al. 2024, eq. 3).</summary>
    Grpo,

    /// <summary>Token mean of the micro-batch.</summary>
    Bnpo,

    /// <summary>Σ / (B · max_completion_length) (Dr.GRPO, Liu et al. 2025).</summary>
    DrGrpo,

    /// <summary>Token mean of the whole optimiser step (DAPO, Yu et al. 2025, eq. 8). TRL's and our default: accumulation does not change it.</summary>
    Dapo,

    /// <summary>−sg(min(ρ, ε_high))·A·ℓ (MiniMax-M1 2025, eq. 4); ε_high itself is the bound, about 5. Reduced like DAPO.</summary>
    Cispo,

    /// <summary>−(4/τ)·σ(τ(ρ−1))·A (Gao et al. 2025); reduced like GRPO.</summary>
    Sapo,

    /// <summary>GSPO's loss weighted by length: mean over sequences of sums.</summary>
    Luspo,

    /// <summary>−sg(φ(w))·A·ℓ, φ = e^{λ}·w^{k}·e^{−λw}, w the sequence ratio; reduced like DAPO.</summary>
    Vespo,
}

/// <summary>Where the importance ratio is taken.</summary>
public enum RatioLevel
{
    /// <summary>Per token.</summary>
    Token,

    /// <summary>exp of the mean log-ratio of the sequence (GSPO, Zheng et al. 2025, eq. 7).</summary>
    Sequence,
}

/// <summary>How the mismatch between the sampling engine and the trainer is corrected: {token, sequence} × {truncate, mask}.</summary>
public enum SamplerCorrection
{
    None,

    /// <summary>Per-token ratio clamped to the bounds.</summary>
    TokenTruncate,

    /// <summary>Per-token ratio, 0 outside the bounds.</summary>
    TokenMask,

    /// <summary>Sequence ratio (sum of log-ratios) clamped.</summary>
    SequenceTruncate,

    /// <summary>Sequence ratio, 0 outside the bounds. TRL's default with cap 3.</summary>
    SequenceMask,
}

/// <summary>Settings of <see cref="GrpoLoss"/>; defaults are TRL's.</summary>
public sealed record GrpoOptions
{
    public GrpoLossType Type { get; init; } = GrpoLossType.Dapo;

    public RatioLevel Level { get; init; } = RatioLevel.Token;

    /// <summary>Weight of the per-token KL (k3); 0 needs no reference.</summary>
    public double Beta { get; init; }

    /// <summary>Per-token estimator of that KL.</summary>
    public KlOptions Kl { get; init; } = new(KlEstimator.K3);

    public double Epsilon { get; init; } = .2;

    /// <summary>CISPO: the ratio is held within [1 − ε, 1 + ε_high] (verl) instead of at most ε_high (TRL, the paper).</summary>
    public bool CispoBothSides { get; init; }

    /// <summary>Null: as <see cref="Epsilon"/>. DAPO .28; CISPO takes it as the bound itself.</summary>
    public double? EpsilonHigh { get; init; }

    /// <summary>Two-sided clipping: an upper bound on the unclipped ratio, above 1 + ε.</summary>
    public double? Delta { get; init; }

    /// <summary>k3 is multiplied by the differentiable ratio, which gives it the KL's gradient; the other estimators are not.</summary>
    public bool UseBiasCorrectionKl { get; init; } = true;

    /// <summary>Policy gradient only on this top share of tokens by entropy (Wang et al. 2025); 1 keeps all.</summary>
    public double TopEntropyQuantile { get; init; } = 1;

    /// <summary>Drops sequences with A &lt; 0 whose mean log-prob fell by more than this since sampling (DeepSeek-V3.2, eq. 9).</summary>
    public double? OffPolicyMaskThreshold { get; init; }

    /// <summary>Entropy bonus; see <see cref="EntropyController"/> for the adaptive one.</summary>
    public double EntropyCoefficient { get; init; }

    public SamplerCorrection Correction { get; init; } = SamplerCorrection.None;

    public double? CorrectionMin { get; init; }

    public double? CorrectionMax { get; init; } = 3;

    public double SapoTemperaturePositive { get; init; } = 1;

    public double SapoTemperatureNegative { get; init; } = 1.05;

    /// <summary>(k, λ) for A ≥ 0.</summary>
    public (double K, double Lambda) VespoPositive { get; init; } = (2, 3);

    /// <summary>(k, λ) for A &lt; 0.</summary>
    public (double K, double Lambda) VespoNegative { get; init; } = (3, 2);

    /// <summary>Dr.GRPO's constant length.</summary>
    public int MaxCompletionLength { get; init; } = 512;

    internal double High => EpsilonHigh ?? Epsilon;

    /// <summary>Where CISPO holds the ratio.</summary>
    internal (double Low, double High) CispoBounds => CispoBothSides ? (1 - Epsilon, 1 + High) : (0, High);
}

/// <summary>What the reduction divides by beyond the micro-batch.</summary>
/// <param name="ItemsInBatch">Loss-mask tokens of the whole generation batch; <c>dapo</c>, <c>cispo</c> and <c>vespo</c> need it.</param>
/// <param name="StepsPerGeneration">Micro-batches that one generation batch is cut into.</param>
/// <param name="Evaluation">Nothing is divided by accumulation steps.</param>
public sealed record GrpoReduction(double ItemsInBatch, int AccumulationSteps = 1, int StepsPerGeneration = 1, bool Evaluation = false);
