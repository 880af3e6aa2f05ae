namespace Alignment.Contracts.Jobs;

/// <summary>Names of the long jobs; the service in the comment claims the kind.</summary>
public static class JobKinds
{
    /// <summary>SupervisedFineTuning.</summary>
    public const string TrainSft = "sft.train";

    /// <summary>RewardModeling.</summary>
    public const string TrainReward = "reward.train";

    /// <summary>PolicyOptimization.</summary>
    public const string TrainPolicy = "policy.train";

    /// <summary>Evaluation.</summary>
    public const string RunEvaluation = "evaluation.run";

    /// <summary>Inference: candidate answers for people to rank.</summary>
    public const string GenerateCandidates = "inference.candidates";

    /// <summary>Datasets: judgements to an immutable snapshot.</summary>
    public const string SnapshotDataset = "datasets.snapshot";

    /// <summary>Checkpoints: move the alias of a model line to the cycle's candidate.</summary>
    public const string PromoteCheckpoint = "checkpoints.promote";
}
