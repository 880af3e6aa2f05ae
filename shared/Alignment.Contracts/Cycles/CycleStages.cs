namespace Alignment.Contracts.Cycles;

/// <summary>Stages of an alignment cycle in their order; a cycle whose configuration lacks a stage skips it.</summary>
public static class CycleStages
{
    public const string Scheduled = "Scheduled";
    public const string TrainingSft = "TrainingSft";
    public const string GeneratingCandidates = "GeneratingCandidates";
    public const string CollectingFeedback = "CollectingFeedback";
    public const string SnapshottingFeedback = "SnapshottingFeedback";
    public const string TrainingReward = "TrainingReward";
    public const string RewardGate = "RewardGate";
    public const string OptimisingPolicy = "OptimisingPolicy";
    public const string Evaluating = "Evaluating";
    public const string PromotionGate = "PromotionGate";
    public const string Promoting = "Promoting";
    public const string Completed = "Completed";
    public const string Rejected = "Rejected";
    public const string Failed = "Failed";
    public const string Canceled = "Canceled";

    /// <summary>The path of a cycle that passes everything.</summary>
    public static readonly IReadOnlyList<string> Path =
    [
        Scheduled, TrainingSft, GeneratingCandidates, CollectingFeedback, SnapshottingFeedback, TrainingReward, RewardGate,
        OptimisingPolicy, Evaluating, PromotionGate, Promoting, Completed,
    ];

    public static bool IsFinal(string stage) => stage is Completed or Rejected or Failed or Canceled;
}
