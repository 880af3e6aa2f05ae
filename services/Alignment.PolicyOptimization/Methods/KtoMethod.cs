using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class KtoMethod : IPolicyMethod
{
    public string Name => "kto";

    public string Help => "Optimise a policy on answers labelled desirable or not (KTO, APO-zero unpaired).";

    public TrainingOptions Defaults => new KtoRecipeOptions();

    public PolicyRun Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<KtoRecipeOptions>(keys);
        return new(options, (folders, metrics, cancellation) => KtoRecipe.Run(options, LabelledReader.Read(options.Data), folders, metrics, cancellation));
    }
}
