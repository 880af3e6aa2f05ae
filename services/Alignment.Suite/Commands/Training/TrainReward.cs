using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.RewardModeling.Recipes;

namespace Alignment.Suite.Commands.Training;

internal sealed class TrainReward : ITrainMethod
{
    public string Name => "reward";

    public string Help => "Train a reward model on preference pairs or rankings.";

    public TrainingOptions Defaults => new RewardOptions();

    public Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<RewardOptions>(keys);
        Needs.ModelAndData(options);
        Needs.Files("heldout", options.Heldout);
        return (folders, metrics, cancellation) => options.Ranks
            ? RankingRewardRecipe.Run(options, RankingReader.Read(options.Data), folders, metrics, cancellation)
            : RewardRecipe.Run(options, PreferenceReader.Read(options.Data), folders, metrics, cancellation);
    }
}
