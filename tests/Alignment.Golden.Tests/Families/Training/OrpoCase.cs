using Alignment.PolicyOptimization.Recipes;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>Odds-ratio preference optimisation.</summary>
internal sealed class OrpoCase : ITrainingCase
{
    public string Trainer => "orpo";

    public IReadOnlyDictionary<string, string?> Keys { get; } = new Dictionary<string, string?>(StringComparer.Ordinal) { ["beta"] = "beta" };

    public TrainedCase Run(TrainingFixture f)
    {
        (f.Keys["logits_over"], f.Keys["pair_layout"]) = ("every_position", "separate");
        var options = f.Options<OrpoRecipeOptions>();
        using var tuned = f.Tuned(options);
        var pairs = DpoCase.Pairs(f, options.MaxLength);
        return f.Train(options, tuned.Trainable, pairs.Select(p => p.Length), run => OrpoRecipe.Train(tuned.Model, pairs, options, run, 0, CancellationToken.None));
    }
}
