using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.Suite.Commands.Training;

internal sealed class TrainDpo : ITrainMethod
{
    public string Name => "dpo";

    public string Help => "Optimise a policy on preference pairs directly (DPO and its relatives).";

    public TrainingOptions Defaults => new DpoRecipeOptions();

    public Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<DpoRecipeOptions>(keys);
        Needs.ModelAndData(options);
        return (folders, metrics, cancellation) => DpoRecipe.Run(options, PreferenceReader.Read(options.Data), folders, metrics, cancellation);
    }
}
