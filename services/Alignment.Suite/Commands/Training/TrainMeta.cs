using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.SupervisedFineTuning.Recipes.Meta;

namespace Alignment.Suite.Commands.Training;

internal sealed class TrainMeta : ITrainMethod
{
    public string Name => "meta";

    public string Help => "Learn from many tasks how to do a new one from a few examples (MetaICL, Reptile, first-order MAML).";

    public TrainingOptions Defaults => new MetaOptions();

    public Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<MetaOptions>(keys);
        Needs.ModelAndData(options);
        return (folders, metrics, cancellation) => MetaRecipe.Run(options, TaskRow.Read(options.Data, options.TaskField, options.ClusterField), folders, metrics, cancellation);
    }
}
