namespace Alignment.ModelCore.Losses;

/// <summary>
/// The losses of the DPO family. With s = policy − reference sequence log-prob, f the divergence's score, u = β(f(s_c) − f(s_r)); names
/// are TRL's where it has one. Start values (policy = reference) are in <c>docs</c> and in the tests.
/// </summary>
public enum DpoLossType
{
    /// <summary><c>sigmoid</c>: −log σ(u) (Rafailov et al. 2023, eq. 7). Ignores label smoothing, as TRL 1.16 does.</summary>
    Sigmoid,

    /// <summary><c>cdpo</c>: −(1−ε)·log σ(u) − ε·log σ(−u): the smoothed sigmoid of OpenRLHF, torchtune, LLaMA-Factory and TRL 0.9.</summary>
    Cdpo,

    /// <summary><c>robust</c>: (−(1−ε)·log σ(u) + ε·log σ(−u)) / (1−2ε) (Chowdhury et al. 2024, eq. 12).</summary>
    Robust,

    /// <summary><c>hinge</c>: max(0, 1 − u) (SLiC, RSO).</summary>
    Hinge,

    /// <summary><c>ipo</c>: (f(s_c)/|y_c| − f(s_r)/|y_r| − 1/(2β))², TRL's and LLaMA-Factory's length-normalised form.</summary>
    Ipo,

    /// <summary><c>ipo_sum</c>: (s_c − s_r − 1/(2β))² on sums (Azar et al. 2023, eq. 17; OpenRLHF, TRL's online DPO and XPO).</summary>
    IpoSum,

    /// <summary><c>exo_pair</c>: σ(u)(log σ(u) − log(1−ε)) + σ(−u)(log σ(−u) − log ε), ε &gt; 0 (Ji et al. 2024, eq. 16).</summary>
    ExoPair,

    /// <summary><c>nca_pair</c>: −log σ(βs_c) − ½log σ(−βs_c) − ½log σ(−βs_r) (Chen et al. 2024).</summary>
    NcaPair,

    /// <summary><c>bco_pair</c>: −log σ(βs_c − δ) − log σ(δ − βs_r) (Jung et al. 2024); δ is 0 in TRL ≥ 0.10, a running mean before.</summary>
    BcoPair,

    /// <summary><c>sppo_hard</c>: (s_c − 1/(2β))² + (s_r + 1/(2β))² (Wu et al. 2024, eq. 4.7).</summary>
    SppoHard,

    /// <summary><c>aot</c>: sorted log-ratio differences of policy and reference, matched by rank over the batch (Melnyk et al. 2024).</summary>
    Aot,

    /// <summary><c>aot_unpaired</c>: sorted s_c minus sorted s_r.</summary>
    AotUnpaired,

    /// <summary><c>apo_zero</c>: (1 − σ(βs_c)) + σ(βs_r) (D'Oosterlinck et al. 2024).</summary>
    ApoZero,

    /// <summary><c>apo_down</c>: σ(βs_c) + (1 − σ(β(s_c − s_r))).</summary>
    ApoDown,

    /// <summary><c>discopop</c>: (1−g)·(−log σ(u)) + g·e^{−u}, g = σ(u/τ) (Lu et al. 2024, eq. 5).</summary>
    Discopop,

    /// <summary><c>sigmoid_norm</c>: −log σ(β(f(s_c)/|y_c| − f(s_r)/|y_r|)).</summary>
    SigmoidNorm,

    /// <summary><c>sft</c>: token mean of −ℓ over the chosen completions.</summary>
    Sft,
}

/// <summary>What turns a log-ratio s into a score f(s). Only <see cref="ReverseKl"/> is legal with losses on raw log-ratios.</summary>
public enum FDivergence
{
    /// <summary>s.</summary>
    ReverseKl,

    /// <summary>1 − e^{−s}.</summary>
    ForwardKl,

    /// <summary>log 2 + log σ(s).</summary>
    JsDivergence,

    /// <summary>(e^{(α−1)s} − 1)/(α−1), exponent at most 80; s at α = 1.</summary>
    AlphaDivergence,

    /// <summary>TRL 0.9's α-divergence: f(s) = −e^{−αs}/α.</summary>
    LegacyAlphaDivergence,

    /// <summary>TRL 0.9's Jensen–Shannon: f(s) = s − softplus(s).</summary>
    LegacyJsDivergence,
}

/// <summary>One term of a mixture (MPO: sigmoid .8 + bco_pair .2 + sft 1).</summary>
public sealed record DpoTerm(DpoLossType Type, double Weight = 1);

/// <summary>Settings of <see cref="DpoLoss"/>; defaults are TRL's.</summary>
public sealed record DpoOptions
{
    public IReadOnlyList<DpoTerm> Terms { get; init; } = [new(DpoLossType.Sigmoid)];

    /// <summary>β: how dear it is to leave the reference. Logged rewards are β·s.</summary>
    public double Beta { get; init; } = .1;

    /// <summary>ε, used by <c>cdpo</c>, <c>robust</c>, <c>exo_pair</c> (must be above 0) and <c>aot*</c>.</summary>
    public double LabelSmoothing { get; init; }

    public FDivergence Divergence { get; init; } = FDivergence.ReverseKl;

    /// <summary>α of the α-divergence.</summary>
    public double AlphaCoefficient { get; init; } = .5;

    /// <summary>τ of <c>discopop</c>.</summary>
    public double DiscopopTau { get; init; } = .05;

    /// <summary>δ of <c>bco_pair</c>; feed a running mean for TRL 0.9's and LLaMA-Factory's running form.</summary>
    public double BcoDelta { get; init; }

    /// <summary>Throws when the terms, the smoothing and the divergence do not fit together.</summary>
    public void Validate()
    {
        foreach (var type in Terms.Select(t => t.Type))
        {
            if (Divergence != FDivergence.ReverseKl && UsesRawRatios(type))
            {
                throw new ArgumentException($"{OptionNames.Of(type)} works on raw log-ratios: f_divergence_type must be reverse_kl, not {OptionNames.Of(Divergence)}.");
            }

            if (type == DpoLossType.ExoPair && LabelSmoothing <= 0)
            {
                throw new ArgumentException("exo_pair takes log(label_smoothing): it must be above 0 (1e-3 is usual).");
            }

            if (type == DpoLossType.Robust && LabelSmoothing >= .5)
            {
                throw new ArgumentException("robust divides by 1 − 2·label_smoothing: it must be below 0.5.");
            }
        }
    }

    private static bool UsesRawRatios(DpoLossType type) => type is DpoLossType.NcaPair or DpoLossType.BcoPair or DpoLossType.SppoHard
        or DpoLossType.Aot or DpoLossType.AotUnpaired or DpoLossType.ApoZero or DpoLossType.ApoDown or DpoLossType.IpoSum;
}
