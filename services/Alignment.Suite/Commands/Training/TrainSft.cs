using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.SupervisedFineTuning.Recipes;

namespace Alignment.Suite.Commands.Training;

internal sealed class TrainSft : ITrainMethod
{
    public string Name => "sft";

    public string Help => "Fine-tune on prompts with answers, or on conversations.";

    public TrainingOptions Defaults => new SftOptions();

    public Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<SftOptions>(keys);
        Needs.ModelAndData(options);
        return (folders, metrics, cancellation) => SftRecipe.Run(options, SftReader.Read(options.Data), folders, metrics, cancellation);
    }
}
