using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.SupervisedFineTuning.Recipes;

namespace Alignment.Suite.Commands.Training;

internal sealed class TrainPretrain : ITrainMethod
{
    public string Name => "pretrain";

    public string Help => "Make a small base model from text: tokenizer, weights, chat template.";

    public TrainingOptions Defaults => new PretrainOptions();

    public Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<PretrainOptions>(keys);
        Needs.Data(options);
        return (folders, metrics, cancellation) => PretrainRecipe.Run(options, DocumentReader.Read(options.Data), folders, metrics, cancellation);
    }
}
