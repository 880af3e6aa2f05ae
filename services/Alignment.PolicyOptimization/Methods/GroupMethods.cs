using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Group;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class GrpoMethod : IPolicyMethod
{
    public string Name => "grpo";

    public string Help => "Learn from several scored responses to each prompt (GRPO; variant: dapo, dr_grpo, gspo, cispo …).";

    public TrainingOptions Defaults => new GroupOptions();

    public PolicyRun Prepare(JsonObject keys) => GroupMethods.Prepare<GroupOptions>(Name, keys);
}

internal sealed class RlooMethod : IPolicyMethod
{
    public string Name => "rloo";

    public string Help => "Learn from scored responses, each against the mean of its siblings (RLOO).";

    public TrainingOptions Defaults => new RlooOptions();

    public PolicyRun Prepare(JsonObject keys) => GroupMethods.Prepare<RlooOptions>(Name, keys);
}

internal sealed class ReinforcePlusPlusMethod : IPolicyMethod
{
    public string Name => "reinforce++";

    public string Help => "Learn from scored responses, whitened over the batch (REINFORCE++; advantages: reinforce_pp_baseline for the group's mean as baseline).";

    public TrainingOptions Defaults => new ReinforcePlusPlusOptions();

    public PolicyRun Prepare(JsonObject keys) => GroupMethods.Prepare<ReinforcePlusPlusOptions>(Name, keys);
}

internal sealed class ReinforcePpMethod : IPolicyMethod
{
    public string Name => "reinforce-pp";

    public string Help => "The same as reinforce++.";

    public TrainingOptions Defaults => new ReinforcePlusPlusOptions();

    public PolicyRun Prepare(JsonObject keys) => GroupMethods.Prepare<ReinforcePlusPlusOptions>("reinforce++", keys);
}

internal sealed class ReMaxMethod : IPolicyMethod
{
    public string Name => "remax";

    public string Help => "Learn from scored responses, each against the greedy one (ReMax).";

    public TrainingOptions Defaults => new ReMaxOptions();

    public PolicyRun Prepare(JsonObject keys) => GroupMethods.Prepare<ReMaxOptions>(Name, keys);
}

/// <summary>What the critic-free methods share.</summary>
internal static class GroupMethods
{
    public static PolicyRun Prepare<T>(string name, JsonObject keys)
        where T : GroupOptions, new()
    {
        var options = OptionBinder.Bind<T>(GroupVariants.Expand(keys));
        return new(options, (folders, metrics, cancellation) => GroupRecipe.Run(name, options, PromptReader.Read(options.Data), folders, metrics, cancellation));
    }
}
