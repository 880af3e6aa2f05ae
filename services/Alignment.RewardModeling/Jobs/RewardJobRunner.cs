using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.RewardModeling.Recipes;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;

namespace Alignment.RewardModeling.Jobs;

/// <summary>
/// Trains a reward model for a job row: <c>{parent, snapshot, method, seed, options}</c> in, <c>{checkpoint, accuracy, ceiling, n, report}</c> out. <c>method</c> is
/// reward (the default) or prm. Snapshots of judgements hold pairs; rankings and labelled steps come as <c>data</c>, an artifact with
/// train.jsonl and heldout.jsonl, in place of <c>snapshot</c>.
/// </summary>
internal sealed class RewardJobRunner(IArtifactStore artifacts) : IJobRunner
{
    public string Kind => JobKinds.TrainReward;

    public async Task<JobOutcome> RunAsync(JobContext job, CancellationToken ct)
    {
        var spec = new JobSpec(job, artifacts);
        var source = spec.TextOrNull("data") is null ? "snapshot" : "data";
        var rows = spec.Folder(source);
        var heldout = Path.Combine(rows, "heldout.jsonl");
        if (new FileInfo(heldout) is not { Exists: true, Length: > 0 })
        {
            throw new JobFailedException("no_heldout", $"{source}: its heldout.jsonl is empty, so nothing shows what the reward model learned. Freeze with a larger held-out share.");
        }

        var name = spec.TextOrNull("method") ?? RewardTraining.Pairs;
        var run = RewardTraining.Prepare(name, spec.Keys(("model", spec.Folder("parent")), ("data", Path.Combine(rows, "train.jsonl")), ("heldout", heldout), ("seed", spec.Seed)))
            ?? throw new JobFailedException("unknown_method", $"method: '{name}' is not served; use {RewardTraining.Pairs} or {RewardTraining.Steps}.");
        var output = await JobArtifact.OpenAsync(job, artifacts, "reward", ct);
        var result = Train(run, new(output.Output, output.State), new ProgressMetrics((step, total, text) => job.Report(step, total, text)), ct);
        var report = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(output.Output, RewardReport.FileName), ct))!.AsObject();
        var checkpoint = await output.CommitAsync(ct);

        // Agreement with the votes is what the gate asks for; steps have one label each.
        var accuracy = Number(report, "agreement") ?? Number(report, "accuracy");
        return new(JsonSerializer.Serialize(new
        {
            checkpoint, accuracy, ceiling = Number(report, "ceiling") ?? 1, majorityAccuracy = Number(report, "accuracy"), n = Number(report, "count"),
            report,
            metrics = new { result.Steps, result.Tokens, result.DroppedSteps, result.FinalLoss, accuracy },
        }, JsonSerializerOptions.Web));
    }

    /// <summary>Rows that cannot be read and a loss that is not a number stay so however often the job is tried.</summary>
    private static TrainingResult Train(RewardRun run, TrainingFolders folders, IMetricsSink metrics, CancellationToken ct)
    {
        try
        {
            return run.Train(folders, metrics, ct);
        }
        catch (DataException e)
        {
            throw new JobFailedException("bad_data", e.Message, e);
        }
        catch (NonFiniteException e)
        {
            throw new JobFailedException("loss_not_finite", e.Message, e);
        }
    }

    private static double? Number(JsonObject report, string name) => report[name] is JsonValue v && v.TryGetValue<double>(out var number) ? number : null;
}
