using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class SimpoMethod : IPolicyMethod
{
    public string Name => "simpo";

    public string Help => "Optimise a policy on preference pairs by length-normalised log-probabilities, without a reference (SimPO; AlphaPO with alpha).";

    public TrainingOptions Defaults => new SimpoRecipeOptions();

    public PolicyRun Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<SimpoRecipeOptions>(keys);
        return new(options, (folders, metrics, cancellation) => CpoRecipe.Run(options, PreferenceReader.Read(options.Data), folders, metrics, cancellation));
    }
}
