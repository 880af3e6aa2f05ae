using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

public enum CpoLossType
{
    /// <summary>−(1−ε)·log σ(βu) − ε·log σ(−βu) (Xu et al. 2024, eq. 3), on sums.</summary>
    Sigmoid,

    /// <summary>max(0, 1 − βu), on sums.</summary>
    Hinge,

    /// <summary>(u − 1/(2β))², on means.</summary>
    Ipo,

    /// <summary>−log σ(βu − γ), on means, smoothed like <see cref="Sigmoid"/> (Meng et al. 2024, eq. 6).</summary>
    Simpo,
}

/// <summary>
/// Defaults are TRL's; for SimPO they are not sensible: use β 2–10, γ/β .3–.6 and <see cref="NllCoefficient"/> 0.
/// </summary>
/// <param name="Gamma">SimPO's target margin γ.</param>
/// <param name="Alpha">AlphaPO (Gupta et al. 2025, eq. 7): each log-prob l becomes (1 − e^{−αl})/α; 0 leaves it. Acts in every loss type.</param>
/// <param name="NllCoefficient"><c>cpo_alpha</c>: weight of the token-mean NLL over chosen completions.</param>
public sealed record CpoOptions(
    CpoLossType Type = CpoLossType.Sigmoid, double Beta = .1, double LabelSmoothing = 0, double Gamma = .5, double Alpha = 0, double NllCoefficient = 1)
{
    /// <summary>Whether the loss wants sums (sigmoid, hinge) or means per token (ipo, simpo) of log-probs.</summary>
    public bool UsesMeans => Type is CpoLossType.Ipo or CpoLossType.Simpo;
}

/// <param name="PairLosses">(B), without the NLL, detached.</param>
/// <param name="ChosenRewards">β times the (transformed) log-prob (B).</param>
public sealed record CpoResult(Tensor Loss, Tensor PairLosses, Tensor ChosenRewards, Tensor RejectedRewards);

/// <summary>Contrastive preference optimisation and SimPO: no reference model. u = l_c − l_r.</summary>
public static class CpoLoss
{
    /// <param name="chosen">(B), sums or means as <see cref="CpoOptions.UsesMeans"/> says.</param>
    /// <param name="rejected">(B).</param>
    /// <param name="chosenNll">Scalar token mean over chosen completions; needed when the coefficient is not 0.</param>
    public static CpoResult Compute(Tensor chosen, Tensor rejected, Tensor? chosenNll, CpoOptions options)
    {
        Tensor c = Transform(chosen, options.Alpha), r = Transform(rejected, options.Alpha);
        var u = c.Minus(r);
        var pairs = options.Type switch
        {
            CpoLossType.Sigmoid => Smoothed(u.Times(options.Beta), options.LabelSmoothing),
            CpoLossType.Simpo => Smoothed(u.Times(options.Beta).Minus(options.Gamma), options.LabelSmoothing),
            CpoLossType.Hinge => 1.0.From(u.Times(options.Beta)).relu(),
            CpoLossType.Ipo => u.Minus(1 / (2 * options.Beta)).Squared(),
            _ => throw new ArgumentException($"Unknown loss {options.Type}."),
        };
        var loss = pairs.mean();
        if (options.NllCoefficient != 0)
        {
            loss = loss.Plus((chosenNll ?? throw new ArgumentException("cpo_alpha is not 0: the chosen completions' NLL is needed.")).Times(options.NllCoefficient));
        }

        return new(loss, pairs.detach(), c.detach().Times(options.Beta), r.detach().Times(options.Beta));
    }

    private static Tensor Transform(Tensor l, double alpha) => alpha == 0 ? l : l.Times(-alpha).expm1().Over(-alpha);

    private static Tensor Smoothed(Tensor x, double eps) => eps == 0
        ? x.LogSigmoid().neg()
        : x.LogSigmoid().Times(eps - 1).Minus(x.neg().LogSigmoid().Times(eps));
}
