using System.Text.Json;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;
using Alignment.SupervisedFineTuning.Recipes;

namespace Alignment.SupervisedFineTuning.Jobs;

/// <summary>Runs <see cref="SftRecipe"/> for a job row: <c>{parent, data, seed, options}</c> in, <c>{checkpoint, metrics}</c> out.</summary>
internal sealed class SftJobRunner(IArtifactStore artifacts) : IJobRunner
{
    public string Kind => JobKinds.TrainSft;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var spec = new JobSpec(job, artifacts);
        var data = Path.Combine(spec.Folder("data"), "train.jsonl");
        var options = OptionBinder.Bind<SftOptions>(spec.Keys(("model", spec.Folder("parent")), ("seed", spec.Seed)));
        var output = await JobArtifact.OpenAsync(job, artifacts, "sft", ct);
        var progress = new ProgressMetrics((step, total, text) => job.Report(step, total, text));
        var result = SftRecipe.Run(options, SftReader.Read(data), new TrainingFolders(output.Output, output.State), progress, ct);
        var checkpoint = await output.CommitAsync(ct);
        return new(JsonSerializer.Serialize(new { checkpoint, metrics = new { result.Steps, result.Tokens, result.DroppedSteps, result.FinalLoss } }, JsonSerializerOptions.Web));
    }
}
