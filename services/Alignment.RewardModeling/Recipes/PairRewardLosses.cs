using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>The loss that the options name, on B pairs and K heads.</summary>
internal static class PairRewardLosses
{
    /// <summary>Mean over the heads of each head's mean over its pairs.</summary>
    /// <param name="chosen">(B, K)</param>
    /// <param name="rejected">(B, K)</param>
    /// <param name="indices">Rows of the data, which decide with the seed what each head sees.</param>
    /// <param name="tie">η or log ν, for the losses with ties.</param>
    public static Tensor Compute(Tensor chosen, Tensor rejected, IReadOnlyList<TokenPair> pairs, IReadOnlyList<int> indices, RewardOptions options, Tensor? tie)
    {
        Tensor? sum = null;
        for (var head = 0; head < options.Heads; head++)
        {
            var mine = EnsembleShare.Of(indices, head, options);
            var loss = One(chosen.select(1, head).index_select(0, mine), rejected.select(1, head).index_select(0, mine), [.. mine.data<long>().Select(i => pairs[(int)i])], options, tie);
            sum = sum is null ? loss : sum.add(loss);
        }

        return options.Heads == 1 ? sum! : sum!.div(tensor((double)options.Heads, sum!.dtype));
    }

    private static Tensor One(Tensor chosen, Tensor rejected, IReadOnlyList<TokenPair> pairs, RewardOptions options, Tensor? tie)
    {
        if (options.Ties is { } model)
        {
            var shares = tensor(pairs.SelectMany(Outcomes).ToArray(), [pairs.Count, 3]).to_type(chosen.dtype);
            return TiesRewardLoss.LogProbabilities(chosen, rejected, tie!, model).mul(shares).sum([1L]).mean().neg();
        }

        if (options.Loss == "soft_labels")
        {
            return PairwiseRewardLoss.SoftLabels(chosen, rejected, tensor(pairs.Select(Share).ToArray())).Loss;
        }

        var margins = options.UseMargins && pairs.Any(p => !double.IsNaN(p.Margin)) ? tensor(pairs.Select(p => double.IsNaN(p.Margin) ? 0 : p.Margin).ToArray()) : null;
        return PairwiseRewardLoss.Compute(chosen, rejected, margins, options.CenterRewardsCoefficient > 0 ? options.CenterRewardsCoefficient : null, options.Regularisation.LabelSmoothing).Loss;
    }

    /// <summary>Shares of votes: chosen, rejected, equal. Without votes, chosen has them all.</summary>
    private static double[] Outcomes(TokenPair p)
    {
        var ties = double.IsNaN(p.TieShare) ? 0 : p.TieShare;
        var wins = Math.Clamp(Share(p) - (ties / 2), 0, 1 - ties);
        return [wins, 1 - ties - wins, ties];
    }

    private static double Share(TokenPair p) => double.IsNaN(p.VoteShare) ? 1 : p.VoteShare;
}
