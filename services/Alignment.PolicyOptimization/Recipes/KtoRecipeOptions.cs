using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Losses;

namespace Alignment.PolicyOptimization.Recipes;

/// <summary>Keys of Kahneman–Tversky optimisation; defaults are TRL's.</summary>
public sealed class KtoRecipeOptions : UnpairedOptions
{
    public KtoRecipeOptions() => LearningRate = 1e-6;

    [Option("kto: against a KL estimate; apo_zero_unpaired: against 0, without the second forward pass.", Choices = "kto|apo_zero_unpaired", Source = "TRL: kto")]
    public string Loss { get; init; } = "kto";

    [Option("λ_D: weight of desirable rows.", Min = 0, AboveMin = true, Max = 1000, Source = "TRL: 1")]
    public double DesirableWeight { get; init; } = 1;

    [Option("λ_U: weight of undesirable rows.", Min = 0, AboveMin = true, Max = 1000, Source = "TRL: 1")]
    public double UndesirableWeight { get; init; } = 1;

    /// <summary>Whether the loss needs z₀.</summary>
    public bool UsesKl => Loss == "kto";

    /// <summary>The loss's own options.</summary>
    public KtoOptions ToLoss() => new(OptionNames.Parse<KtoLossType>(Loss), Beta, DesirableWeight, UndesirableWeight);

    public override IEnumerable<string> Contradictions(IReadOnlySet<string> given)
    {
        foreach (var problem in base.Contradictions(given))
        {
            yield return problem;
        }

        if (UsesKl && BatchSize < 2)
        {
            yield return "batch_size must be at least 2 for loss: kto, whose KL estimate joins each prompt with the answer of another row. Raise it, or use loss: apo_zero_unpaired.";
        }
    }
}
