using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <param name="PairLosses">−β·log σ(log odds) (B), detached; the NLL is not in it.</param>
/// <param name="LogOdds">(B), detached.</param>
public sealed record OrpoResult(Tensor Loss, Tensor PairLosses, Tensor LogOdds);

/// <summary>
/// Odds-ratio preference optimisation (Hong et al. 2024, eq. 6): NLL − β·mean(log σ(log odds)) with a = mean log-prob per completion
/// token and log odds = (a_c − a_r) − (log(1 − e^{a_c}) − log(1 − e^{a_r})). No reference model.
/// </summary>
public static class OrpoLoss
{
    /// <param name="chosen">a_c (B), below 0.</param>
    /// <param name="rejected">a_r (B).</param>
    /// <param name="nll">
    /// Scalar. TRL: token mean of −ℓ over prompt <b>and</b> chosen tokens (the default of the recipe, for parity with the paper's code);
    /// LLaMA-Factory: mean of −a_c.
    /// </param>
    public static OrpoResult Compute(Tensor chosen, Tensor rejected, Tensor nll, double beta = .1)
    {
        var odds = LogOdds(chosen, rejected);
        var pairs = odds.LogSigmoid().Times(-beta);
        return new(nll.Plus(pairs.mean()), pairs.detach(), odds.detach());
    }

    public static Tensor LogOdds(Tensor chosen, Tensor rejected) => chosen.Minus(rejected).Minus(Log1mExp(chosen).Minus(Log1mExp(rejected)));

    /// <summary>
    /// log(1 − e^x) for x &lt; 0: log(−expm1(x)) near 0 and log1p(−e^x) below −ln 2 (Mächler 2012). Each branch sees only arguments it is
    /// finite for, so that the branch not taken cannot spoil the gradient.
    /// </summary>
    public static Tensor Log1mExp(Tensor x)
    {
        var split = -Math.Log(2);
        var near = x.AtLeast(split).expm1().neg().log();
        var far = x.AtMost(split).exp().neg().log1p();
        return where(x.IsAbove(split), near, far);
    }

    /// <summary>TRL's metrics; <c>rewards/*</c> are β·a, <c>logps/*</c> are means of a.</summary>
    public static Dictionary<string, double> Metrics(OrpoResult result, Tensor chosen, Tensor rejected, Tensor nll, double beta)
    {
        using var scope = NewDisposeScope();
        var metrics = DpoMetrics.Rewards(chosen.detach().Times(beta), rejected.detach().Times(beta), chosen.detach(), rejected.detach());
        metrics["nll_loss"] = nll.Value();
        metrics["log_odds_ratio"] = result.LogOdds.LogSigmoid().mean().Value();
        metrics["log_odds_chosen"] = result.LogOdds.mean().Value();
        return metrics;
    }
}
