using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class OrpoMethod : IPolicyMethod
{
    public string Name => "orpo";

    public string Help => "Fine-tune on the chosen answers and away from the rejected ones in one stage (ORPO).";

    public TrainingOptions Defaults => new OrpoRecipeOptions();

    public PolicyRun Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<OrpoRecipeOptions>(keys);
        return new(options, (folders, metrics, cancellation) => OrpoRecipe.Run(options, PreferenceReader.Read(options.Data), folders, metrics, cancellation));
    }
}
