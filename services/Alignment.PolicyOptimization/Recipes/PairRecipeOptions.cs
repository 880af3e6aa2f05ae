using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Training;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>What the methods without a reference share.</summary>
public abstract class PairRecipeOptions : TrainingOptions
{
    protected PairRecipeOptions() => LearningRate = 1e-6;

    [Option(PairRules.TruncationHelp, Choices = PairRules.Truncations, Source = "TRL: keep_start")]
    public string Truncation { get; init; } = PairRules.KeepStart;

    [Option(PairRules.LayoutHelp, Choices = PairRules.Layouts)]
    public string PairLayout { get; init; } = "shared";

    [Option(PairRules.LogitsHelp, Choices = "completion|every_position")]
    public string LogitsOver { get; init; } = "completion";

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (LogitsOver == "every_position" && PairLayout == "shared")
        {
            yield return "logits_over: every_position averages over padding, which pair_layout: shared does not have. Set pair_layout: separate.";
        }
    }
}
