using System.Text.Json;

namespace Alignment.Cycles.Cycles;

/// <summary>What one cycle does; a part that is null is a stage that is skipped.</summary>
internal sealed record CycleConfig
{
    /// <summary>Name that applications ask for; moves to the child when the gate passes.</summary>
    public required string Alias { get; init; }

    /// <summary>Digest of the policy the cycle starts from.</summary>
    public required string Parent { get; init; }

    /// <summary>Drives every random choice of every stage.</summary>
    public long Seed { get; init; } = 1;

    public SftPart? Sft { get; init; }

    public FeedbackPart? Feedback { get; init; }

    public SnapshotPart Snapshot { get; init; } = new();

    public RewardPart? Reward { get; init; }

    public required PolicyPart Policy { get; init; }

    public required EvaluationPart Evaluation { get; init; }

    public static CycleConfig Parse(string json) => JsonSerializer.Deserialize<CycleConfig>(json, JsonSerializerOptions.Web)!;
}

/// <param name="Data">Digest of a dataset of instructions with answers.</param>
/// <param name="Options">Options of the SFT recipe by name.</param>
internal sealed record SftPart(string Data, JsonElement? Options = null);

/// <param name="Project">Feedback project whose prompts are answered and ranked.</param>
/// <param name="Candidates">Answers a prompt.</param>
/// <param name="Sampling">temperature, topP, topK, maxTokens.</param>
internal sealed record FeedbackPart(string Project, int Candidates = 4, JsonElement? Sampling = null);

/// <param name="Project">Feedback project to freeze; default the feedback part's.</param>
/// <param name="Options">Further fields of the snapshot job.</param>
internal sealed record SnapshotPart(string? Project = null, JsonElement? Options = null);

/// <param name="MinimumAccuracy">Held-out pairs the reward model must order as people did, 0 to 1.</param>
internal sealed record RewardPart(JsonElement? Options = null, double MinimumAccuracy = 0.5);

/// <param name="Method">dpo, …: the recipe of PolicyOptimization.</param>
internal sealed record PolicyPart(string Method = "dpo", JsonElement? Options = null);

/// <param name="Suite">Digest of the evaluation suite: held-out prompts, general text, rubric.</param>
internal sealed record EvaluationPart(string Suite, JsonElement? Options = null);
