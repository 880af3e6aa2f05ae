using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>The per-token metrics of the methods that learn from pairs.</summary>
internal static class PairMetrics
{
    /// <summary><c>logits/*</c>, <c>entropy</c> and <c>mean_token_accuracy</c> where this step measures; TRL's padded <c>logits/*</c> win where asked for.</summary>
    public static void Tokens(StepMeans means, bool measures, PairLogProbs now)
    {
        if (!measures)
        {
            return;
        }

        var values = DpoMetrics.Tokens(now.Tokens.MeanLogits, now.Tokens.Entropy, now.Tokens.IsTop1, now.Mask);
        foreach (var (name, value) in now.PaddedLogitMetrics())
        {
            values[name] = value;
        }

        means.Add(values);
        means.Add("packing_efficiency", now.Filled);
    }
}
