using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.RewardModeling.Recipes;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;

namespace Alignment.RewardModeling.Jobs;

/// <summary>Runs <see cref="RewardRecipe"/> for a job row: <c>{parent, snapshot, seed, options}</c> in, <c>{checkpoint, accuracy, ceiling, n}</c> out.</summary>
internal sealed class RewardJobRunner(IArtifactStore artifacts) : IJobRunner
{
    public string Kind => JobKinds.TrainReward;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var spec = new JobSpec(job, artifacts);
        var snapshot = spec.Folder("snapshot");
        var heldout = Path.Combine(snapshot, "heldout.jsonl");
        if (new FileInfo(heldout) is not { Exists: true, Length: > 0 })
        {
            throw new JobFailedException("no_heldout", "snapshot: its heldout.jsonl is empty, so nothing shows what the reward model learned. Freeze with a larger held-out share.");
        }

        var data = Path.Combine(snapshot, "train.jsonl");
        var options = OptionBinder.Bind<RewardOptions>(spec.Keys(("model", spec.Folder("parent")), ("data", data), ("heldout", heldout), ("seed", spec.Seed)));
        if (options.Ranks)
        {
            throw new JobFailedException("bad_spec", $"loss: {options.Loss} reads whole rankings, and snapshots hold pairs. Use bradley_terry, soft_labels, rao_kupper or davidson here; 'align train reward' reads rankings.");
        }

        var output = await JobArtifact.OpenAsync(job, artifacts, "reward", ct);
        var progress = new ProgressMetrics((step, total, text) => job.Report(step, total, text));
        var result = RewardRecipe.Run(options, PreferenceReader.Read(data), new TrainingFolders(output.Output, output.State), progress, ct);
        var measured = RewardAccuracy.Measure(output.Output, heldout, ct);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(output.Output, RewardReport.FileName), ct));
        var checkpoint = await output.CommitAsync(ct);
        return new(JsonSerializer.Serialize(new
        {
            checkpoint, measured.Accuracy, measured.Ceiling, measured.MajorityAccuracy, n = measured.Count,
            report,
            metrics = new { result.Steps, result.Tokens, result.DroppedSteps, result.FinalLoss, measured.Accuracy },
        }, JsonSerializerOptions.Web));
    }
}
