using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;

namespace Alignment.RewardModeling.Recipes;

/// <summary>
/// The further models of an ensemble of whole models. Each has a seed, a folder and a state of its own, so that an interrupted run goes on with
/// the model in hand; a finished one runs no step again.
/// </summary>
internal static class RewardMembers
{
    // What belongs to the ensemble and not to a member.
    private static readonly string[] Own = ["members", "combine", "uncertainty_penalty", "heldout"];

    /// <summary>Their folders below the checkpoint.</summary>
    public static IReadOnlyList<string> Names(RewardOptions options) => [.. Enumerable.Range(2, options.Members - 1).Select(k => $"members/{k}")];

    public static void Train(RewardOptions options, JsonObject keys, TrainingFolders folders, IMetricsSink metrics, CancellationToken cancellation)
    {
        foreach (var (name, k) in Names(options).Select((n, i) => (n, i + 1)))
        {
            var mine = keys.DeepClone().AsObject();
            foreach (var key in Own)
            {
                mine.Remove(key);
            }

            mine["seed"] = options.Seed + k;
            var at = new TrainingFolders(Path.Combine(folders.Checkpoint, name), Path.Combine(folders.State, name));
            Directory.CreateDirectory(at.State);
            metrics.Event(new(0, "member", $"model {k + 1} of {options.Members}, seed {options.Seed + k}; its curve is in {Path.Combine(at.State, "metrics.jsonl")}"));
            using var curve = new JsonLinesMetrics(Path.Combine(at.State, "metrics.jsonl"));
            RewardTraining.One(OptionBinder.Bind<RewardOptions>(mine), at, curve, cancellation);
        }
    }
}
