using Alignment.ModelCore.Data;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>A reward model on held-out pairs: <c>eval_loss</c> (−log σ of the difference), <c>eval_accuracy</c> (a tie is wrong), <c>eval_margin</c>.</summary>
internal static class PairEvaluation
{
    public static HeldOut Of(ScoringModel model, IReadOnlyList<TokenPair> pairs, int padId, int batchSize) =>
        new(() => Measure(model, pairs, padId, batchSize), "eval_accuracy", DataDigest.Of(pairs));

    private static Dictionary<string, double> Measure(ScoringModel model, IReadOnlyList<TokenPair> pairs, int padId, int batchSize)
    {
        using var quiet = new EvalMode(model);
        using var none = no_grad();
        var (loss, right, margin) = (0.0, 0.0, 0.0);
        foreach (var batch in pairs.OrderBy(p => p.Length).Chunk(batchSize))
        {
            using var scope = NewDisposeScope();
            var (chosen, rejected) = RewardRecipe.Scores(model, batch, padId);
            var numbers = PairwiseRewardLoss.Metrics(chosen, rejected);
            loss += PairwiseRewardLoss.Compute(chosen, rejected).Loss.ToDouble() * batch.Length;
            (right, margin) = (right + (numbers["accuracy"] * batch.Length), margin + (numbers["margin"] * batch.Length));
        }

        return new(StringComparer.Ordinal) { ["eval_loss"] = loss / pairs.Count, ["eval_accuracy"] = right / pairs.Count, ["eval_margin"] = margin / pairs.Count };
    }
}
