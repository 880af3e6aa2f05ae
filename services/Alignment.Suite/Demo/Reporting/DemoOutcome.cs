using Alignment.Statistics.Preferences;

namespace Alignment.Suite.Demo.Reporting;

/// <summary>All that the report tells about one cycle.</summary>
internal sealed record DemoOutcome
{
    public required int Seed { get; init; }

    public required PairedGateResult Gate { get; init; }

    public required RewardModelFigures RewardModel { get; init; }

    public required AgreementFigures Agreement { get; init; }

    public required CheckpointFigures Checkpoint { get; init; }

    public required IReadOnlyList<StageTime> Stages { get; init; }

    /// <summary>Wall-clock time of the whole demo.</summary>
    public required double Seconds { get; init; }

    /// <summary>Highest resident memory of all the demo's processes together.</summary>
    public required long PeakRssBytes { get; init; }

    /// <summary>Held-out prompts with both answers and their marks, in the file's order.</summary>
    public required IReadOnlyList<ScoredConversation> Conversations { get; init; }

    /// <summary>Training curves worth looking at; may be empty.</summary>
    public IReadOnlyList<Curve> Curves { get; init; } = [];
}

/// <param name="Accuracy">Share of held-back preference pairs that the reward model orders as the annotators did.</param>
/// <param name="Ceiling">The accuracy that the annotators' own agreement allows.</param>
/// <param name="Count">Pairs.</param>
internal sealed record RewardModelFigures(double Accuracy, double Ceiling, int Count);

/// <param name="KrippendorffAlpha">Ordinal alpha over ranks; null when undefined.</param>
/// <param name="PairAgreement">Share of answer pairs, judged by two annotators, that both ordered alike (ties half).</param>
/// <param name="FirstSlotShare">Share of judgements won by the answer shown first; 1/candidates without bias.</param>
internal sealed record AgreementFigures(
    double? KrippendorffAlpha, double PairAgreement, double FirstSlotShare, int Annotators, int Judgements, int Candidates);

internal sealed record CheckpointFigures(string Id, string Digest, string? Alias);

internal sealed record StageTime(string Name, double Seconds);

/// <param name="Before">The parent's answer.</param>
/// <param name="After">The child's answer.</param>
internal sealed record ScoredConversation(string Language, string Prompt, ScoredAnswer Before, ScoredAnswer After);

internal sealed record ScoredAnswer(string Text, double Score, IReadOnlyDictionary<string, double> Marks);

/// <summary>A value by step, for a small plot.</summary>
internal sealed record Curve(string Stage, string Metric, IReadOnlyList<(double Step, double Value)> Points);
