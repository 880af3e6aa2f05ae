using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;
using Alignment.PolicyOptimization.Recipes;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.Suite.Commands.Training;

/// <summary>Any of the policy methods under <c>align train</c>.</summary>
internal sealed class TrainPolicy(IPolicyMethod method) : ITrainMethod
{
    public string Name => method.Name;

    public string Help => method.Help;

    public TrainingOptions Defaults => method.Defaults;

    public Func<TrainingFolders, IMetricsSink, CancellationToken, TrainingResult> Prepare(JsonObject keys)
    {
        var run = method.Prepare(keys);
        Needs.ModelAndData(run.Options);
        if (run.Options switch { IReferenceOptions pairs => pairs.Reference, OnlineOptions online => online.Reference, _ => "" } is { Length: > 0 } reference)
        {
            Needs.Checkpoint("reference", reference);
        }

        if (run.Options is OnlineOptions rewarded)
        {
            RunRewards.Check(rewarded);
        }

        return run.Train;
    }
}
