using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;
using Alignment.PolicyOptimization.Recipes.Online;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;

namespace Alignment.PolicyOptimization.Jobs;

/// <summary>Tunes a policy for a job row by any of <see cref="PolicyMethods"/>: <c>{parent, snapshot, method, seed, options}</c> in, <c>{checkpoint, metrics}</c> out.</summary>
internal sealed class PolicyJobRunner(IArtifactStore artifacts) : IJobRunner
{
    public string Kind => JobKinds.TrainPolicy;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var spec = new JobSpec(job, artifacts);
        var name = spec.TextOrNull("method") ?? "dpo";
        var method = PolicyMethods.Find(name)
            ?? throw new JobFailedException("unknown_method", $"method: '{name}' is not served; use {string.Join(", ", PolicyMethods.All.Select(m => m.Name))}.");
        var run = method.Prepare(spec.Keys([("model", spec.Folder("parent")), ("data", Path.Combine(spec.Folder("snapshot"), "train.jsonl")), ("seed", spec.Seed), .. Rewards(spec, method)]));
        var output = await JobArtifact.OpenAsync(job, artifacts, "policy", ct);
        var result = Train(run, new(output.Output, output.State), new ProgressMetrics((step, total, text) => job.Report(step, total, text)), ct);
        var checkpoint = await output.CommitAsync(ct);
        return new(JsonSerializer.Serialize(new { checkpoint, metrics = new { result.Steps, result.Tokens, result.DroppedSteps, result.FinalLoss, result.StoppedBy } }, JsonSerializerOptions.Web));
    }

    /// <summary>A reward source may come back, and the job goes on from its state; a loss that is not a number stays one.</summary>
    private static TrainingResult Train(PolicyRun run, TrainingFolders folders, IMetricsSink metrics, CancellationToken ct)
    {
        try
        {
            return run.Train(folders, metrics, ct);
        }
        catch (RewardException e)
        {
            throw new JobTransientException(e.Message, e);
        }
        catch (NonFiniteException e)
        {
            throw new JobFailedException("loss_not_finite", e.Message, e);
        }
    }

    /// <summary>A method that learns from scores takes the cycle's reward model, unless the options name rewards of their own.</summary>
    private static IEnumerable<(string Name, JsonNode? Value)> Rewards(JobSpec spec, IPolicyMethod method)
    {
        var named = spec.Object("options").Any(o => o.Key is "reward" or "reward_model" or "reward.sources");
        return method.Defaults is OnlineOptions && !named && spec.TextOrNull("reward") is not null ? [("reward_model", spec.Folder("reward"))] : [];
    }
}
