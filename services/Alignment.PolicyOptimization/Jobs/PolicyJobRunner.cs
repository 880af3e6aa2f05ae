using System.Text.Json;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;

namespace Alignment.PolicyOptimization.Jobs;

/// <summary>Tunes a policy for a job row: <c>{parent, snapshot, method, seed, options}</c> in, <c>{checkpoint, metrics}</c> out.</summary>
internal sealed class PolicyJobRunner(IArtifactStore artifacts) : IJobRunner
{
    public string Kind => JobKinds.TrainPolicy;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var spec = new JobSpec(job, artifacts);
        var data = Path.Combine(spec.Folder("snapshot"), "train.jsonl");
        var keys = spec.Keys(("model", spec.Folder("parent")), ("seed", spec.Seed));
        var output = await JobArtifact.OpenAsync(job, artifacts, "policy", ct);
        var folders = new TrainingFolders(output.Output, output.State);
        var progress = new ProgressMetrics((step, total, text) => job.Report(step, total, text));
        var result = (spec.TextOrNull("method") ?? "dpo") switch
        {
            "dpo" => DpoRecipe.Run(OptionBinder.Bind<DpoRecipeOptions>(keys), PreferenceReader.Read(data), folders, progress, ct),
            var method => throw new JobFailedException("unknown_method", $"method: '{method}' is not served; use dpo."),
        };
        var checkpoint = await output.CommitAsync(ct);
        return new(JsonSerializer.Serialize(new { checkpoint, metrics = new { result.Steps, result.Tokens, result.DroppedSteps, result.FinalLoss } }, JsonSerializerOptions.Web));
    }
}
