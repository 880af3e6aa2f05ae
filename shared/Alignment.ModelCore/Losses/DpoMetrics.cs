using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>The metrics of preference training under TRL's names; padding is never counted.</summary>
public static class DpoMetrics
{
    /// <summary>
    /// <c>rewards/*</c> from β·s and <c>logps/*</c> from sequence log-probs, all (B). Accuracy counts strictly greater: a tie is wrong.
    /// </summary>
    public static Dictionary<string, double> Rewards(Tensor chosenRewards, Tensor rejectedRewards, Tensor chosenLogProbs, Tensor rejectedLogProbs)
    {
        using var scope = NewDisposeScope();
        double[] c = chosenRewards.Doubles(), r = rejectedRewards.Doubles();
        return new()
        {
            ["rewards/chosen"] = c.Average(),
            ["rewards/rejected"] = r.Average(),
            ["rewards/accuracies"] = c.Zip(r).Average(x => x.First > x.Second ? 1.0 : 0),
            ["rewards/margins"] = c.Zip(r).Average(x => x.First - x.Second),
            ["logps/chosen"] = chosenLogProbs.Doubles().Average(),
            ["logps/rejected"] = rejectedLogProbs.Doubles().Average(),
        };
    }

    /// <summary>
    /// <c>logits/*</c> (mean logit over completion tokens of a half), <c>entropy</c> (both halves) and <c>mean_token_accuracy</c> (chosen
    /// half) from per-token statistics (2B, T), chosen half first.
    /// </summary>
    public static Dictionary<string, double> Tokens(Tensor meanLogits, Tensor entropy, Tensor isTop1, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var half = mask.shape[0] / 2;
        Tensor Half(Tensor t, int which) => t.narrow(0, which * half, half);
        double Mean(Tensor t, int which) => Masked.Mean(Half(t, which).to_type(ScalarType.Float64), Half(mask, which)).Value();
        return new()
        {
            ["logits/chosen"] = Mean(meanLogits, 0),
            ["logits/rejected"] = Mean(meanLogits, 1),
            ["entropy"] = Masked.Mean(entropy.detach().to_type(ScalarType.Float64), mask).Value(),
            ["mean_token_accuracy"] = Mean(isTop1, 0),
        };
    }
}
