using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Contracts.Cycles;
using Alignment.Contracts.Jobs;

namespace Alignment.Cycles.Cycles;

/// <summary>What a stage is waiting for.</summary>
/// <param name="Applies">False skips the stage.</param>
/// <param name="Spec">Specification of the stage's job, or null where the stage has none.</param>
/// <param name="Verdict">For a stage without a job: null waits, an empty text goes on, anything else rejects with that reason.</param>
internal sealed record Stage(string Name, Func<CycleConfig, bool> Applies, string? JobKind = null, Func<CycleFacts, JsonObject>? Spec = null, Func<CycleFacts, string?>? Verdict = null);

/// <summary>The cycle, top to bottom, as its own specification.</summary>
internal static class StageTable
{
    public static IReadOnlyList<Stage> Path { get; } =
    [
        new(CycleStages.Scheduled, _ => true, Verdict: _ => ""),
        new(CycleStages.TrainingSft, c => c.Sft is not null, JobKinds.TrainSft, f => new()
        {
            ["parent"] = f.Config.Parent, ["data"] = f.Config.Sft!.Data, ["seed"] = f.Config.Seed, ["name"] = $"{f.Config.Alias} sft", ["options"] = Node(f.Config.Sft.Options),
        }),
        new(CycleStages.GeneratingCandidates, c => c.Feedback is not null, JobKinds.GenerateCandidates, f => new()
        {
            ["checkpoint"] = f.StartingPolicy, ["project"] = f.Config.Feedback!.Project, ["batch"] = f.Cycle.Id, ["seed"] = f.Config.Seed,
            ["candidates"] = f.Config.Feedback.Candidates, ["sampling"] = Node(f.Config.Feedback.Sampling),
        }),
        new(CycleStages.CollectingFeedback, c => c.Feedback is not null, Verdict: f => f.FeedbackIsComplete ? "" : null),
        new(CycleStages.SnapshottingFeedback, _ => true, JobKinds.SnapshotDataset, f => Merge(new()
        {
            ["project"] = f.Config.Snapshot.Project ?? f.Config.Feedback?.Project, ["batch"] = f.Config.Feedback is null ? null : f.Cycle.Id, ["name"] = $"{f.Config.Alias} judgements", ["seed"] = f.Config.Seed,
        }, f.Config.Snapshot.Options)),
        new(CycleStages.TrainingReward, c => c.Reward is not null, JobKinds.TrainReward, f => new()
        {
            ["parent"] = f.StartingPolicy, ["snapshot"] = f.Snapshot, ["seed"] = f.Config.Seed, ["name"] = $"{f.Config.Alias} reward model", ["options"] = Node(f.Config.Reward!.Options),
        }),
        new(CycleStages.RewardGate, c => c.Reward is not null, Verdict: f => f.RewardAccuracy is not { } accuracy ? "the reward job reported no accuracy" : accuracy >= f.Config.Reward!.MinimumAccuracy ? ""
            : FormattableString.Invariant($"the reward model orders {accuracy:P0} of the held-out pairs as people did; {f.Config.Reward.MinimumAccuracy:P0} are asked for")),
        new(CycleStages.OptimisingPolicy, _ => true, JobKinds.TrainPolicy, f => new()
        {
            ["parent"] = f.StartingPolicy, ["snapshot"] = f.Snapshot, ["reward"] = f.RewardModel, ["method"] = f.Config.Policy.Method, ["seed"] = f.Config.Seed,
            ["name"] = $"{f.Config.Alias} {f.Config.Policy.Method}", ["options"] = Node(f.Config.Policy.Options),
        }),
        new(CycleStages.Evaluating, _ => true, JobKinds.RunEvaluation, f => new()
        {
            ["parent"] = f.StartingPolicy, ["checkpoint"] = f.Child, ["reward"] = f.RewardModel, ["snapshot"] = f.Snapshot, ["suite"] = f.Config.Evaluation.Suite,
            ["seed"] = f.Config.Seed, ["options"] = Node(f.Config.Evaluation.Options),
        }),
        new(CycleStages.PromotionGate, _ => true, Verdict: f => f.GateDecision switch
        {
            "pass" => "",
            null => "the evaluation reported no gate decision",
            var decision => $"the child is not shown to be better than its parent: the gate says {decision}",
        }),
        new(CycleStages.Promoting, _ => true, JobKinds.PromoteCheckpoint, f => new()
        {
            ["checkpoint"] = f.Child, ["alias"] = f.Config.Alias, ["evaluation"] = f.Job(CycleStages.Evaluating)!.Id,
        }),
    ];

    public static Stage Find(string name) => Path.First(s => s.Name == name);

    /// <summary>The next stage that applies, or <c>Completed</c>.</summary>
    public static string After(string name, CycleConfig config) =>
        Path.SkipWhile(s => s.Name != name).Skip(1).FirstOrDefault(s => s.Applies(config))?.Name ?? CycleStages.Completed;

    private static JsonNode? Node(JsonElement? element) => element is { } e ? JsonNode.Parse(e.GetRawText()) : null;

    private static JsonObject Merge(JsonObject spec, JsonElement? options)
    {
        foreach (var p in options?.EnumerateObject() ?? default)
        {
            spec[p.Name] = JsonNode.Parse(p.Value.GetRawText());
        }

        return spec;
    }
}
