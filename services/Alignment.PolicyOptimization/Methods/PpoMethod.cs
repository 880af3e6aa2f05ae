using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Ppo;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class PpoMethod : IPolicyMethod
{
    public string Name => "ppo";

    public string Help => "Learn from scored responses of the policy's own, with a critic (PPO).";

    public TrainingOptions Defaults => new PpoOptions();

    public PolicyRun Prepare(JsonObject keys)
    {
        var options = OptionBinder.Bind<PpoOptions>(keys);
        return new(options, (folders, metrics, cancellation) => PpoRecipe.Run(options, PromptReader.Read(options.Data), folders, metrics, cancellation));
    }
}
