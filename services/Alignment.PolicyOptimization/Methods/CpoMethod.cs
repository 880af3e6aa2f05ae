using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class CpoMethod : IPolicyMethod
{
    public string Name => "cpo";

    public string Help => "Optimise a policy on preference pairs without a reference (CPO; hinge, IPO and SimPO losses).";

    public TrainingOptions Defaults => new CpoRecipeOptions();

    public PolicyRun Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<CpoRecipeOptions>(keys);
        return new(options, (folders, metrics, cancellation) => CpoRecipe.Run(options, PreferenceReader.Read(options.Data), folders, metrics, cancellation));
    }
}
