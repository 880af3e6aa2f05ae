using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>
/// One forward pass over B pairs, the B chosen rows first. The prompt is never scored.
/// </summary>
/// <param name="Sums">(2B): log-probability of each completion; with LD-DPO its desensitised sum.</param>
/// <param name="Tokens">Per-token statistics, (2B, T−1).</param>
/// <param name="Mask">(2B, T−1), true on completion tokens.</param>
/// <param name="Lengths">(2B): completion tokens.</param>
public sealed record PairLogProbs(Tensor Sums, HeadStatistics Tokens, Tensor Mask, Tensor Lengths)
{
    public static PairLogProbs Of(CausalModel model, IReadOnlyList<TokenPair> pairs, int padId, double ldAlpha)
    {
        var batch = TokenBatch.Of([.. pairs.Select(p => p.ChosenRow), .. pairs.Select(p => p.RejectedRow)], padId);
        var (statistics, mask) = HeadLogProbs.Shifted(model.Hidden(batch.InputIds), model.HeadWeight, null, batch.Labels);
        var sums = ldAlpha == 1 ? SequenceLogProbs.Sum(statistics.LogProbs, mask) : SequenceLogProbs.Desensitised(statistics.LogProbs, mask, ldAlpha);
        return new(sums, statistics, mask, mask.sum([-1L]));
    }
}
