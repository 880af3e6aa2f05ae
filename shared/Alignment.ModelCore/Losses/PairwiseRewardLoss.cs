using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>A reward loss over pairs; everything but <paramref name="Loss"/> is detached.</summary>
/// <param name="PairLosses">(B), before centring.</param>
public sealed record PairwiseRewardResult(Tensor Loss, Tensor PairLosses);

/// <summary>
/// Bradley–Terry: −log σ(r_c − r_r − margin) (Ouyang et al. 2022, eq. 1; margin: Touvron et al. 2023, eq. 2), mean over pairs, plus
/// c·mean((r_c + r_r)²), which pins the otherwise free level of the scores (Eisenstein et al. 2023). TRL advises c = .01; default none.
/// With no margin this is also OpenRLHF's <c>logexp</c>, log(1 + e^{r_r − r_c}), in a form that does not overflow.
/// </summary>
public static class PairwiseRewardLoss
{
    /// <summary>All inputs (B); <paramref name="margins"/> null for 0.</summary>
    /// <param name="labelSmoothing">ε: −(1−ε)·log σ(d) − ε·log σ(−d), the labels taken to be wrong with probability ε. Default 0.</param>
    public static PairwiseRewardResult Compute(Tensor chosen, Tensor rejected, Tensor? margins = null, double? centering = null, double labelSmoothing = 0)
    {
        var difference = margins is null ? chosen.Minus(rejected) : chosen.Minus(rejected).Minus(margins.to_type(chosen.dtype));
        var pairs = difference.LogSigmoid().neg();
        pairs = labelSmoothing == 0 ? pairs : pairs.Times(1 - labelSmoothing).Minus(difference.neg().LogSigmoid().Times(labelSmoothing));
        var loss = pairs.mean();
        return new(centering is { } c ? loss.Plus(chosen.Plus(rejected).Squared().mean().Times(c)) : loss, pairs.detach());
    }

    /// <summary>
    /// Soft labels: −(p·log σ(d) + (1−p)·log σ(−d)), d = r_first − r_second, p = share of votes for the first. Mean over pairs.
    /// </summary>
    public static PairwiseRewardResult SoftLabels(Tensor first, Tensor second, Tensor probabilityFirst)
    {
        var d = first.Minus(second);
        var p = probabilityFirst.to_type(d.dtype);
        var pairs = p.Times(d.LogSigmoid()).Plus(1.0.From(p).Times(d.neg().LogSigmoid())).neg();
        return new(pairs.mean(), pairs.detach());
    }

    /// <summary>
    /// The metrics of TRL's reward trainer: accuracy counts r_c &gt; r_r (a tie is wrong, the margin is not used), margin = mean(r_c − r_r).
    /// </summary>
    public static IReadOnlyDictionary<string, double> Metrics(Tensor chosen, Tensor rejected)
    {
        using var scope = NewDisposeScope();
        double[] c = chosen.Doubles(), r = rejected.Doubles(), all = [.. c, .. r];
        return new Dictionary<string, double>
        {
            ["accuracy"] = c.Zip(r).Average(x => x.First > x.Second ? 1.0 : 0),
            ["margin"] = c.Zip(r).Average(x => x.First - x.Second),
            ["min_reward"] = all.Min(),
            ["mean_reward"] = all.Average(),
            ["max_reward"] = all.Max(),
        };
    }
}
