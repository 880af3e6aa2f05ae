using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>The end of every run here: the policy's checkpoint with the record of how it was made.</summary>
internal static class PolicyCheckpoint
{
    public static TrainingResult Publish(TunedModel<CausalModel> tuned, string recipe, TrainingOptions options, RunInputs inputs, TrainingRun run, TrainingFolders folders) =>
        run.Result(CheckpointPublication.Publish(folders, folder =>
        {
            tuned.Save(folder);
            TrainingRecord.Write(folder, recipe, options, inputs, run);
        }));
}
