using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.RewardModeling.Recipes;

namespace Alignment.Suite.Commands.Training;

internal sealed class TrainPrm : ITrainMethod
{
    public string Name => RewardTraining.Steps;

    public string Help => "Train a process reward model on answers whose steps are labelled right or wrong.";

    public TrainingOptions Defaults => new ProcessRewardOptions();

    public Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys) => TrainReward.Checked(Name, keys);
}
