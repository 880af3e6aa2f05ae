using System.Text.Json;
using Alignment.Contracts.Cycles;
using Alignment.Contracts.Jobs;
using Alignment.Jobs;

namespace Alignment.Cycles.Cycles;

/// <summary>What the store says about a cycle: the jobs of its stages and the judgements collected. Nothing else decides where it goes.</summary>
internal sealed class CycleFacts(CycleRow cycle, IReadOnlyDictionary<string, JobView> jobs, bool feedbackIsComplete)
{
    public CycleRow Cycle => cycle;

    public CycleConfig Config { get; } = CycleConfig.Parse(cycle.Config);

    public bool FeedbackIsComplete => feedbackIsComplete;

    public JobView? Job(string stage) => jobs.GetValueOrDefault(stage);

    /// <summary>The policy that answers, is ranked and is tuned: the SFT result, or the parent where there is no SFT.</summary>
    public string StartingPolicy => Result(CycleStages.TrainingSft, "checkpoint") ?? Config.Parent;

    public string? Snapshot => Result(CycleStages.SnapshottingFeedback, "snapshot");

    public string? RewardModel => Result(CycleStages.TrainingReward, "checkpoint");

    public string? Child => Result(CycleStages.OptimisingPolicy, "checkpoint");

    public double? RewardAccuracy => Element(CycleStages.TrainingReward, "accuracy") is { ValueKind: JsonValueKind.Number } a ? a.GetDouble() : null;

    /// <summary><c>pass</c>, <c>fail</c> or <c>inconclusive</c>.</summary>
    public string? GateDecision => Element(CycleStages.Evaluating, "gate") is { ValueKind: JsonValueKind.Object } gate ? gate.GetProperty("decision").GetString() : null;

    private string? Result(string stage, string field) => Element(stage, field) is { ValueKind: JsonValueKind.String } v ? v.GetString() : null;

    private JsonElement? Element(string stage, string field) =>
        Job(stage) is { State: JobStates.Succeeded, Result: { } json } && JsonSerializer.Deserialize<JsonElement>(json).TryGetProperty(field, out var v) ? v : null;
}
