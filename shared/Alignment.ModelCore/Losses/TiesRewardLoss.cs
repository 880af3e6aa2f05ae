using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>Likelihoods of win, loss and tie for a score difference d = r_first − r_second.</summary>
public enum TieModel
{
    /// <summary>Threshold η ≥ 0: P(win) = σ(d − η), P(lose) = σ(−d − η), P(tie) = (e^{2η} − 1)·P(win)·P(lose) (Rao &amp; Kupper 1967, eq. 2.4).</summary>
    RaoKupper,

    /// <summary>Prevalence log ν: softmax over (d/2, −d/2, log ν) (Davidson 1970, eq. 2).</summary>
    Davidson,
}

/// <summary>Reward losses for pairs that annotators may call equal.</summary>
public static class TiesRewardLoss
{
    /// <summary>Log-probabilities (B, 3) of: the first wins, the second wins, tie.</summary>
    /// <param name="parameter">Scalar tensor, trainable: η for Rao–Kupper, log ν for Davidson.</param>
    public static Tensor LogProbabilities(Tensor first, Tensor second, Tensor parameter, TieModel model)
    {
        var d = first.Minus(second);
        if (model == TieModel.Davidson)
        {
            return nn.functional.log_softmax(stack([d.Times(.5), d.Times(-.5), parameter.to_type(d.dtype).expand(d.shape)], -1), -1);
        }

        Tensor win = d.Minus(parameter).LogSigmoid(), lose = d.neg().Minus(parameter).LogSigmoid();
        return stack([win, lose, parameter.Times(2).expm1().log().Plus(win).Plus(lose)], -1);
    }

    /// <summary>Mean of −log P(outcome); <paramref name="outcomes"/> (B) int64: 0 first wins, 1 second wins, 2 tie.</summary>
    public static PairwiseRewardResult Compute(Tensor first, Tensor second, Tensor outcomes, Tensor parameter, TieModel model)
    {
        var rows = LogProbabilities(first, second, parameter, model).gather(-1, outcomes.unsqueeze(-1)).squeeze(-1).neg();
        return new(rows.mean(), rows.detach());
    }
}
