using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>Kahneman–Tversky optimisation.</summary>
internal sealed class KtoCase : ITrainingCase
{
    public string Trainer => "kto";

    public IReadOnlyDictionary<string, string?> Keys { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["loss_type"] = "loss", ["beta"] = "beta", ["desirable_weight"] = "desirable_weight", ["undesirable_weight"] = "undesirable_weight", ["precompute_ref_log_probs"] = null, ["_ref"] = null,
    };

    public TrainedCase Run(TrainingFixture f)
    {
        var options = f.Options<KtoRecipeOptions>();
        using var tuned = f.Tuned(options);
        var rows = f.Rows.Select(r => new LabelledCompletion(TrainingFixture.Ids(r, "prompt_ids"), TrainingFixture.Ids(r, "completion_ids"), r.GetProperty("label").GetBoolean())).ToList();
        var examples = KtoExample.Join(LabelledRows.Fit(rows, options.MaxLength, new MemoryMetrics()), options);
        using var reference = Reference.Live(f.Causal("reference"), KtoRecipe.Task(options, examples, 0));
        return f.Train(options, tuned.Trainable, examples.Select(e => e.Length), run => KtoRecipe.Train(tuned.Model, reference, examples, options, run, 0, CancellationToken.None));
    }
}
