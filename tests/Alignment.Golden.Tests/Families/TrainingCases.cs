using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using Alignment.RewardModeling.Recipes;
using Alignment.SupervisedFineTuning.Recipes;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>What a run of one of the product's recipes left behind.</summary>
internal sealed record TrainedCase(MemoryMetrics Metrics, IReadOnlyDictionary<string, double[]> Parameters, IReadOnlyDictionary<string, double[]> FirstMoments);

/// <summary>Runs the product's recipes on the rows of a fixture: its trainer's arguments become a job file's keys.</summary>
internal static class TrainingCases
{
    private static readonly Dictionary<string, string?> Keys = new(StringComparer.Ordinal)
    {
        ["max_steps"] = "max_steps", ["per_device_train_batch_size"] = "batch_size", ["gradient_accumulation_steps"] = "gradient_accumulation", ["learning_rate"] = "learning_rate",
        ["lr_scheduler_type"] = "schedule", ["warmup_steps"] = "warmup_steps", ["weight_decay"] = "weight_decay", ["adam_beta1"] = "adam_beta1", ["adam_beta2"] = "adam_beta2",
        ["adam_epsilon"] = "adam_epsilon", ["max_grad_norm"] = "max_grad_norm", ["max_length"] = "max_length", ["beta"] = "beta", ["label_smoothing"] = "label_smoothing",
        ["f_divergence_type"] = "f_divergence", ["f_alpha_divergence_coef"] = "f_alpha", ["ld_alpha"] = "ld_alpha", ["use_weighting"] = "use_weighting",
        ["truncation_mode"] = "truncation", ["center_rewards_coefficient"] = "center_rewards_coefficient", ["loss_weights"] = "loss_weights", ["ref_model_mixup_alpha"] = "reference_mixup_alpha",
        ["ref_model_sync_steps"] = "reference_sync_steps", ["packing_strategy"] = "packing",
        // These are read below, or say what the product does anyway.
        ["optim"] = null, ["train_sampling_strategy"] = null, ["completion_only_loss"] = null, ["packing"] = null, ["loss_type"] = null, ["sync_ref_model"] = null,
        ["precompute_ref_log_probs"] = null, ["_margin"] = null, ["_ref"] = null,
    };

    public static string Kind(GoldenCase c)
    {
        var trainer = c.Json.GetProperty("trainer").GetString()!;
        return trainer switch
        {
            _ when trainer.StartsWith("sft", StringComparison.OrdinalIgnoreCase) => "sft",
            _ when trainer.StartsWith("dpo", StringComparison.OrdinalIgnoreCase) => "dpo",
            _ when trainer.StartsWith("reward", StringComparison.OrdinalIgnoreCase) => "reward",
            _ => throw new UnsupportedCaseException($"no recipe for {trainer} yet"),
        };
    }

    /// <summary>Runs the case in <paramref name="dtype"/>; <paramref name="overrides"/> wins over its configuration.</summary>
    public static TrainedCase Run(GoldenCase c, ScalarType dtype, params (string Key, JsonNode Value)[] overrides)
    {
        var kind = Kind(c);
        var folder = Directory.CreateTempSubdirectory("golden").FullName;
        try
        {
            var keys = Configuration(c);
            foreach (var (key, value) in overrides)
            {
                keys[key] = value.DeepClone();
            }

            using var scope = NewDisposeScope();
            var folders = TrainingFolders.In(folder);
            return kind switch { "sft" => Sft(c, keys, dtype, folders), "dpo" => Dpo(c, keys, dtype, folders), _ => Reward(c, keys, dtype, folders) };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static TrainedCase Sft(GoldenCase c, JsonObject keys, ScalarType dtype, TrainingFolders folders)
    {
        var options = OptionBinder.Bind<SftOptions>(keys);
        using var model = CheckpointReader.LoadCausal(Model(c, "policy"), dtype);
        var all = !Flag(c, "completion_only_loss");
        var rows = Rows(c).Select(r => new TokenRow(Ids(r, "input_ids"), all ? [.. Ids(r, "input_ids").Select(_ => true)] : [.. Ids(r, "completion_mask").Select(x => x == 1)])).ToList();
        var examples = SftRecipe.Examples(options, rows, new MemoryMetrics());
        if (c.Json.GetProperty("in").TryGetProperty("packed_rows", out var packed))
        {
            Expect.Equal("packed rows", examples.Count, packed.GetArrayLength());
            foreach (var (mine, theirs) in examples.Zip(packed.EnumerateArray()))
            {
                Expect.Equal<int>("packed ids", mine.Ids, Ids(theirs, "input_ids"));
            }
        }

        return Train(options, new(model.Trainable(), options.Plan(examples.Select(e => e.Ids.Length)), "data", "model"), folders, run => SftRecipe.Train(model, examples, options, run, 0, CancellationToken.None));
    }

    private static TrainedCase Dpo(GoldenCase c, JsonObject keys, ScalarType dtype, TrainingFolders folders)
    {
        var options = OptionBinder.Bind<DpoRecipeOptions>(keys);
        using var policy = CheckpointReader.LoadCausal(Model(c, "policy"), dtype);
        var pairs = PairTruncation.Fit([.. Rows(c).Select(r => new TokenPair(Ids(r, "prompt_ids"), Ids(r, "chosen_ids"), Ids(r, "rejected_ids")))], options.MaxLength, new MemoryMetrics());
        using var reference = Flag(c, "precompute_ref_log_probs")
            ? Precomputed(c, options, policy, pairs, folders)
            : Reference.Live(options, CheckpointReader.LoadCausal(Model(c, "reference"), dtype), 0);
        var inputs = new RunInputs(policy.Trainable(), options.Plan(pairs.Select(p => p.Length)), "data", "model") { Companions = reference.State };
        return Train(options, inputs, folders, run => DpoRecipe.Train(policy, reference, pairs, options, run, 0, CancellationToken.None));
    }

    private static Reference Precomputed(GoldenCase c, DpoRecipeOptions options, ModelCore.Modules.CausalModel policy, IReadOnlyList<TokenPair> pairs, TrainingFolders folders)
    {
        double[] Given(string name) => [.. c.Json.GetProperty("in").GetProperty(name).EnumerateArray().Select(x => x.GetDouble())];
        Reference Find() => Reference.Create(options, policy, pairs, "reference", 0, folders, new MemoryMetrics());
        using (var own = Find())
        {
            var (chosen, rejected) = own.LogProbs([.. Enumerable.Range(0, pairs.Count)], pairs, ScalarType.Float64);
            Expect.Close("reference chosen", chosen.ToDoubles(), Given("ref_chosen_logps"), 1e-4, 1e-5);
            Expect.Close("reference rejected", rejected.ToDoubles(), Given("ref_rejected_logps"), 1e-4, 1e-5);
        }

        if (policy.DType == ScalarType.Float64)
        {
            // The double-precision log used the single-precision numbers: at the first step they alone decide which reward is larger.
            var artifact = Directory.GetFiles(folders.State, "reference-logprobs-*.safetensors").Single();
            SafeTensorsWriter.Write(artifact, [("chosen", tensor(Given("ref_chosen_logps"))), ("rejected", tensor(Given("ref_rejected_logps")))]);
        }

        return Find();
    }

    private static TrainedCase Reward(GoldenCase c, JsonObject keys, ScalarType dtype, TrainingFolders folders)
    {
        var options = OptionBinder.Bind<RewardOptions>(keys);
        using var model = CheckpointReader.LoadScoring(Model(c, "reward"), dtype);
        var pairs = Rows(c).Select(r => new TokenPair([], Ids(r, "chosen_ids"), Ids(r, "rejected_ids"), r.TryGetProperty("margin", out var m) ? m.GetDouble() : double.NaN))
            .Where(p => p.Length <= options.MaxLength).ToList();
        return Train(options, new(model.Trainable(), options.Plan(pairs.Select(p => p.Length)), "data", "model"), folders, run => RewardRecipe.Train(model, pairs, options, run, 0, CancellationToken.None));
    }

    private static TrainedCase Train(TrainingOptions options, RunInputs inputs, TrainingFolders folders, Action<TrainingRun> train)
    {
        var metrics = new MemoryMetrics();
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        train(run);
        using var state = TrainingState.Find(folders.State)!;
        var moments = state.ReadAll("optimizer.exp_avg.");
        return new(metrics, inputs.Trainable.ToDictionary(t => t.Name, t => t.Value.ToDoubles()), moments.ToDictionary(m => m.Key, m => m.Value.ToDoubles()));
    }

    private static JsonObject Configuration(GoldenCase c)
    {
        var keys = new JsonObject { ["order"] = "sequential", ["log_every"] = 1, ["save_every"] = 0 };
        var configuration = c.Json.GetProperty("configuration");
        foreach (var p in configuration.EnumerateObject())
        {
            if (!Keys.TryGetValue(p.Name, out var key))
            {
                throw new UnsupportedCaseException($"configuration key {p.Name}");
            }

            if (key is not null)
            {
                keys[key] = JsonNode.Parse(p.Value.GetRawText());
            }
        }

        if (configuration.TryGetProperty("loss_type", out var loss))
        {
            keys["loss"] = JsonNode.Parse(loss.GetRawText());
        }

        if (!Flag(c, "sync_ref_model"))
        {
            keys.Remove("reference_mixup_alpha");
            keys.Remove("reference_sync_steps");
        }

        if (!Flag(c, "packing"))
        {
            keys.Remove("packing");
        }

        // Neither warm-up nor a schedule that ignores it is a contradiction in a fixture that lists every default.
        if (keys["warmup_steps"]?.GetValue<int>() == 0)
        {
            keys.Remove("warmup_steps");
        }

        return keys;
    }

    private static string Model(GoldenCase c, string role) => c.ModelFolder(c.Json.GetProperty("models").GetProperty(role).GetString()!);

    private static bool Flag(GoldenCase c, string key) => c.Json.GetProperty("configuration").TryGetProperty(key, out var v) && v.ValueKind == JsonValueKind.True;

    private static IEnumerable<JsonElement> Rows(GoldenCase c) => c.Json.GetProperty("in").GetProperty("rows").EnumerateArray();

    private static int[] Ids(JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(x => x.GetInt32())];
}
