using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>Raw scores of many answers, without gradients.</summary>
internal static class RewardScoring
{
    private const int BatchSize = 16;

    /// <summary>For each group, for each of its answers, the heads' scores.</summary>
    public static double[][][] Heads(ScoringModel model, IReadOnlyList<PromptAnswers> groups, int padId, CancellationToken cancellation)
    {
        var scores = groups.Select(g => new double[g.Answers.Count][]).ToArray();
        model.eval();
        using var none = no_grad();
        foreach (var batch in Enumerable.Range(0, groups.Count).OrderBy(i => groups[i].SharedLength).Chunk(BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var values = RewardHeads.Scores(model, [.. batch.Select(i => groups[i])], padId, AnswerLayout.Shared);
            var (flat, heads, next) = (values.ToDoubles(), (int)values.shape[1], 0);
            for (var a = 0; next * heads < flat.Length; a++)
            {
                foreach (var i in batch.Where(i => a < groups[i].Answers.Count))
                {
                    scores[i][a] = flat[(next * heads)..((next + 1) * heads)];
                    next++;
                }
            }
        }

        return scores;
    }
}
