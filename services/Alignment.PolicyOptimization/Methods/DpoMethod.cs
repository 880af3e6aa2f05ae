using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class DpoMethod : IPolicyMethod
{
    public string Name => "dpo";

    public string Help => "Optimise a policy on preference pairs directly (DPO and its relatives).";

    public TrainingOptions Defaults => new DpoRecipeOptions();

    public PolicyRun Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<DpoRecipeOptions>(keys);
        return new(options, (folders, metrics, cancellation) => DpoRecipe.Run(options, PreferenceReader.Read(options.Data), folders, metrics, cancellation));
    }
}
