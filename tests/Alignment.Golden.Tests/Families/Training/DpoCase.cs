using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>Direct preference optimisation.</summary>
internal sealed class DpoCase : ITrainingCase
{
    public string Trainer => "dpo";

    public IReadOnlyDictionary<string, string?> Keys { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["loss_type"] = "loss", ["loss_weights"] = "loss_weights", ["beta"] = "beta", ["label_smoothing"] = "label_smoothing", ["f_divergence_type"] = "f_divergence", ["f_alpha_divergence_coef"] = "f_alpha",
        ["ld_alpha"] = "ld_alpha", ["discopop_tau"] = "discopop_tau", ["use_weighting"] = "use_weighting", ["ref_model_mixup_alpha"] = "reference_mixup_alpha", ["ref_model_sync_steps"] = "reference_sync_steps",
        ["sync_ref_model"] = null, ["precompute_ref_log_probs"] = null, ["_ref"] = null,
    };

    public static IReadOnlyList<TokenPair> Pairs(TrainingFixture f, int maxLength) => PairTruncation.Fit(
        [.. f.Rows.Select(r => new TokenPair(TrainingFixture.Ids(r, "prompt_ids"), TrainingFixture.Ids(r, "chosen_ids"), TrainingFixture.Ids(r, "rejected_ids")))], maxLength, new MemoryMetrics());

    public TrainedCase Run(TrainingFixture f)
    {
        if (!f.Flag("sync_ref_model"))
        {
            f.Keys.Remove("reference_mixup_alpha");
            f.Keys.Remove("reference_sync_steps");
        }

        if (f.Configuration.TryGetProperty("loss_type", out var loss) && !loss.ToString().Contains("discopop", StringComparison.Ordinal))
        {
            f.Keys.Remove("discopop_tau");
        }

        // Both layouts are under test; in single precision, ties between policy and reference need the trainer's own rows.
        f.Keys["pair_layout"] = f.DType == ScalarType.Float64 ? "shared" : "separate";
        var options = f.Options<DpoRecipeOptions>();
        using var tuned = f.Tuned(options);
        var pairs = Pairs(f, options.MaxLength);
        using var reference = f.Flag("precompute_ref_log_probs") ? Precomputed(f, options, tuned, pairs) : Reference.Live(f.Causal("reference"), DpoRecipe.Task(options, pairs, 0));
        var inputs = new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), "data", "model") { Companions = reference.Weights };
        return f.Train(options, inputs, run => DpoRecipe.Train(tuned.Model, reference, pairs, options, run, 0, CancellationToken.None));
    }

    private static Reference Precomputed(TrainingFixture f, DpoRecipeOptions options, TunedModel<CausalModel> tuned, IReadOnlyList<TokenPair> pairs)
    {
        double[] Given(string name) => [.. f.In.GetProperty(name).EnumerateArray().Select(x => x.GetDouble())];
        Reference Find() => Reference.Create(options, tuned, "reference", DpoRecipe.Task(options, pairs, 0), f.Folders, new MemoryMetrics());
        using (var own = Find())
        {
            var both = own.Of([.. Enumerable.Range(0, pairs.Count)], ScalarType.Float64);
            Expect.Close("reference chosen", both[0].ToDoubles(), Given("ref_chosen_logps"), 1e-4, 1e-5);
            Expect.Close("reference rejected", both[1].ToDoubles(), Given("ref_rejected_logps"), 1e-4, 1e-5);
        }

        if (f.DType == ScalarType.Float64)
        {
            // The double-precision log used the single-precision numbers: at the first step they alone decide which reward is larger.
            var artifact = Directory.GetFiles(f.Folders.State, "reference-logprobs-*.safetensors").Single();
            SafeTensorsWriter.Write(artifact, [("chosen", tensor(Given("ref_chosen_logps"))), ("rejected", tensor(Given("ref_rejected_logps")))]);
        }

        return Find();
    }
}
