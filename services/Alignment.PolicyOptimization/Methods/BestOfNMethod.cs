using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.BestOfN;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class BestOfNMethod : IPolicyMethod
{
    public string Name => "best-of-n";

    public string Help => "Learn the policy's own best answers (best-of-n, rejection sampling).";

    public TrainingOptions Defaults => new BestOfNOptions();

    public PolicyRun Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<BestOfNOptions>(keys);
        return new(options, (folders, metrics, cancellation) => BestOfNRecipe.Run(options, PromptReader.Read(options.Data), folders, metrics, cancellation));
    }
}
