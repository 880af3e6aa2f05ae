using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>A reward model's K score heads.</summary>
internal static class RewardHeads
{
    /// <summary>Opens the starting checkpoint; a language model gets new heads from the seed.</summary>
    public static TunedModel<ScoringModel> Open(RewardOptions options)
    {
        var tuned = TunedModel.Scoring(options, options.Heads);
        return tuned.Model.Config.LabelCount == options.Heads ? tuned
            : throw new CheckpointException($"{options.Model}: a reward model with {tuned.Model.Config.LabelCount} heads, and heads is {options.Heads}. Set heads: {tuned.Model.Config.LabelCount}, or start from a language model.");
    }

    /// <summary>Scores (S, K) of every answer, answer by answer: of B pairs the B chosen ones come first.</summary>
    public static Tensor Scores(ScoringModel model, IReadOnlyList<PromptAnswers> groups, int padId, AnswerLayout layout)
    {
        var batch = AnswerBatch.For(model.Body, groups, padId, layout);
        var all = model.AllScores(batch.InputIds, batch.Visible, batch.PositionIds, batch.Texts);
        return all.reshape(-1, all.shape[2]).index_select(0, batch.Ends);
    }
}
