using Alignment.PolicyOptimization.Recipes;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>Contrastive preference optimisation.</summary>
internal class CpoCase : ITrainingCase
{
    public virtual string Trainer => "cpo";

    public IReadOnlyDictionary<string, string?> Keys { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["loss_type"] = "loss", ["beta"] = "beta", ["label_smoothing"] = "label_smoothing", ["cpo_alpha"] = "cpo_alpha", ["simpo_gamma"] = "simpo_gamma", ["alpha"] = "alpha",
    };

    public TrainedCase Run(TrainingFixture f)
    {
        (f.Keys["logits_over"], f.Keys["pair_layout"]) = ("every_position", "separate");
        var options = f.Options<CpoRecipeOptions>();
        using var tuned = f.Tuned(options);
        var pairs = DpoCase.Pairs(f, options.MaxLength);
        return f.Train(options, tuned.Trainable, pairs.Select(p => p.Length), run => CpoRecipe.Train(tuned.Model, pairs, options, run, 0, CancellationToken.None));
    }
}

/// <summary>The same trainer under SimPO's name.</summary>
internal sealed class SimpoCase : CpoCase
{
    public override string Trainer => "simpo";
}
