using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.OnlinePreference;

namespace Alignment.PolicyOptimization.Methods;

internal sealed class OnlineDpoMethod : IPolicyMethod
{
    public string Name => "online-dpo";

    public string Help => "DPO on two fresh answers of the policy to each prompt, ranked by rewards or a judge.";

    public TrainingOptions Defaults => new OnlineDpoOptions();

    public PolicyRun Prepare(JsonObject keys) => OnlinePreferenceMethods.Prepare<OnlineDpoOptions>(Name, keys);
}

internal sealed class XpoMethod : IPolicyMethod
{
    public string Name => "xpo";

    public string Help => "Online DPO against the reference's answers, with a bonus for exploring (XPO).";

    public TrainingOptions Defaults => new XpoOptions();

    public PolicyRun Prepare(JsonObject keys) => OnlinePreferenceMethods.Prepare<XpoOptions>(Name, keys);
}

internal sealed class NashMdMethod : IPolicyMethod
{
    public string Name => "nash-md";

    public string Help => "Play against a mixture of policy and reference until neither wins (Nash-MD).";

    public TrainingOptions Defaults => new NashMdOptions();

    public PolicyRun Prepare(JsonObject keys) => OnlinePreferenceMethods.Prepare<NashMdOptions>(Name, keys);
}

/// <summary>What the methods on fresh pairs share.</summary>
internal static class OnlinePreferenceMethods
{
    public static PolicyRun Prepare<T>(string name, JsonObject keys)
        where T : OnlinePreferenceOptions, new()
    {
        var options = OptionBinder.Bind<T>(keys);
        return new(options, (folders, metrics, cancellation) => OnlinePreferenceRecipe.Run(name, options, PromptReader.Read(options.Data), folders, metrics, cancellation));
    }
}
