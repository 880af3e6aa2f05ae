using System.Text.Json.Nodes;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using Alignment.PolicyOptimization.Recipes.Online;
using Alignment.RewardModeling.Recipes;
using Alignment.SupervisedFineTuning.Recipes.Meta;

namespace Alignment.Suite.Commands.Advising;

/// <summary>Reads data as a recipe will, so that rows it cannot use are named by file and line before anything is measured on them.</summary>
internal static class GoalRows
{
    /// <exception cref="DataException">Lists every bad line.</exception>
    public static void Check(string goal, TrainingOptions defaults, IReadOnlyList<string> files, JsonObject set) => _ = defaults switch
    {
        OnlineOptions => PromptReader.Read(files).Count,
        UnpairedOptions => LabelledReader.Read(files).Count,
        DpoRecipeOptions or PairRecipeOptions => PreferenceReader.Read(files).Count,
        RewardOptions => set["loss"]?.ToString() is "plackett_luce" or "all_pairs" ? RankingReader.Read(files).Count : PreferenceReader.Read(files).Count,
        ProcessRewardOptions => StepwiseReader.Read(files).Count,
        MetaOptions meta => TaskRow.Read(files, set["task_field"]?.ToString() ?? meta.TaskField, set["cluster_field"]?.ToString() ?? meta.ClusterField).Count,
        _ when goal == "sft" => SftReader.Read(files).Count,
        _ => throw new NotSupportedException($"What {goal} reads is not known here."),
    };
}
