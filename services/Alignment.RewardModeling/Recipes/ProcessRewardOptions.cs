using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.RewardModeling.Recipes;

/// <summary>Keys of process reward modelling; defaults are TRL's.</summary>
public sealed class ProcessRewardOptions : TrainingOptions
{
    public ProcessRewardOptions() => LearningRate = 1e-5;

    [Option("Text after every step; its last token carries the step's label.", Source = "TRL: a newline")]
    public string StepSeparator { get; init; } = "\n";

    [Option("Learn from the last step's label alone.", Source = "TRL: off")]
    public bool LastStepOnly { get; init; }

    [Option("Held-out rows for reward-report.json: accuracy of the steps, of right and of wrong ones. Empty: no report.")]
    public IReadOnlyList<string> Heldout { get; init; } = [];

    [Option("Longest answer; 0: only max_length limits.", Min = 0, Max = 1_048_576, Unit = "tokens", Source = "TRL: none")]
    public int MaxCompletionLength { get; init; }
}
