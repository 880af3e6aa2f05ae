using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class BcoMethod : IPolicyMethod
{
    public string Name => "bco";

    public string Help => "Optimise a policy on answers labelled desirable or not, as a binary classifier (BCO).";

    public TrainingOptions Defaults => new BcoRecipeOptions();

    public PolicyRun Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<BcoRecipeOptions>(keys);
        return new(options, (folders, metrics, cancellation) => BcoRecipe.Run(options, LabelledReader.Read(options.Data), folders, metrics, cancellation));
    }
}
