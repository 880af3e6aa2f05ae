using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.RewardModeling.Recipes;

namespace Alignment.Suite.Commands.Training;

internal sealed class TrainReward : ITrainMethod
{
    public string Name => RewardTraining.Pairs;

    public string Help => "Train a reward model on preference pairs or rankings.";

    public TrainingOptions Defaults => new RewardOptions();

    public Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys) => Checked(Name, keys);

    /// <summary>Also sees that the files are there.</summary>
    internal static Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Checked(string name, JsonObject keys)
    {
        var run = RewardTraining.Prepare(name, keys)!;
        Needs.ModelAndData(run.Options);
        Needs.Files("heldout", run.Heldout);
        return run.Train;
    }
}
