using Alignment.ModelCore.Configuration;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Keys of odds-ratio preference optimisation; defaults are TRL's.</summary>
public sealed class OrpoRecipeOptions : PairRecipeOptions
{
    [Option("β (the paper's λ): weight of the odds-ratio term.", Min = 0, AboveMin = true, Max = 100, Source = "TRL: 0.1")]
    public double Beta { get; init; } = 0.1;

    [Option("Tokens of the supervised term: prompt and chosen answer together, the chosen answers' tokens, or the mean over answers of each answer's mean.",
        Choices = "prompt_and_chosen|chosen|chosen_rows", Source = "TRL and the paper's code: prompt_and_chosen; LLaMA-Factory: chosen_rows")]
    public string NllOver { get; init; } = "prompt_and_chosen";

    /// <summary>How the pairs go through the policy.</summary>
    public PairForward Forward => new(PairRules.Layout(PairLayout), ScorePrompt: NllOver == "prompt_and_chosen", PaddedLogits: LogitsOver == "every_position" ? 1 : null, LabelSmoothing: Regularisation.LabelSmoothing);
}
