using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Rollouts;
using Alignment.PolicyOptimization.Recipes.Group;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>GRPO with injected responses and rewards.</summary>
internal class GrpoCase : ITrainingCase
{
    private const int Pad = 0, End = 2;

    public virtual string Trainer => "grpo";

    public IReadOnlyDictionary<string, string?> Keys { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["max_completion_length"] = "max_new_tokens", ["num_generations"] = "samples_per_prompt", ["temperature"] = "temperature", ["beta"] = "beta", ["loss_type"] = "loss",
        ["use_bias_correction_kl"] = "use_bias_correction_kl", ["num_iterations"] = "iterations", ["epsilon"] = "epsilon", ["epsilon_high"] = "epsilon_high", ["delta"] = "delta",
        ["importance_sampling_level"] = "ratio_level", ["top_entropy_quantile"] = "top_entropy_quantile", ["mask_truncated_completions"] = "mask_truncated",
        ["off_policy_mask_threshold"] = "off_policy_mask_threshold", ["multi_objective_aggregation"] = "reward_aggregation", ["entropy_coef"] = "entropy_coefficient",
        ["entropy_coef_delta"] = "entropy_step", ["entropy_target"] = "entropy_target", ["sapo_temperature_pos"] = "sapo_temperature_pos", ["sapo_temperature_neg"] = "sapo_temperature_neg",
        ["vespo_k_pos"] = "vespo_k_pos", ["vespo_lambda_pos"] = "vespo_lambda_pos", ["vespo_k_neg"] = "vespo_k_neg", ["vespo_lambda_neg"] = "vespo_lambda_neg",
        ["normalize_advantages"] = "normalize_advantages", ["top_p"] = "top_p", ["top_k"] = "top_k", ["min_p"] = "min_p",
        ["shuffle_dataset"] = null, ["reward_weights"] = null, ["scale_rewards"] = null, ["steps_per_generation"] = null, ["generation_batch_size"] = null, ["reward_clip_range"] = null,
        ["use_adaptive_entropy"] = null, ["disable_dropout"] = null,
    };

    public TrainedCase Run(TrainingFixture f)
    {
        Prepare(f);
        var options = Options(f);
        var rollouts = f.In.GetProperty("rollouts").EnumerateArray().ToList();
        var batches = rollouts[0].ValueKind == JsonValueKind.Array ? rollouts.Select(b => b.EnumerateArray().ToList()).ToList() : [rollouts];
        var source = new Recorded([.. batches.Select(b => (IReadOnlyList<Trajectory>)[.. b.Select((r, i) => Trajectory(r, i, options.SamplesPerPrompt))])]);
        Expect.Equal("responses of a sampling", source.Batches[0].Count, options.PromptsPerBatch * options.SamplesPerPrompt);
        using var tuned = f.Tuned(options);
        using var reference = options.Beta == 0 ? null : OnlineReference.Frozen(f.Causal("reference"));
        using var state = new GroupState(options);
        using var rewards = Rewards(f, batches);
        var scorer = new ResponseScorer(rewards, [.. Enumerable.Range(0, source.Batches[0].Count).Select(_ => PromptRow.Of("-"))], _ => "");
        var lengths = Enumerable.Range(0, options.PromptsPerBatch).Select(_ => 1);
        return f.Train(options, GroupRecipe.Inputs(options, tuned.Trainable, lengths, state, "data", "model"),
            run => GroupRecipe.Train(new(tuned.Model, reference, source, null, scorer, state, Pad), options, run, CancellationToken.None));
    }

    protected virtual GroupOptions Options(TrainingFixture f) => f.Options<GroupOptions>();

    private static void Prepare(TrainingFixture f)
    {
        if (f.Configuration.TryGetProperty("scale_rewards", out var scale))
        {
            f.Keys["scale_rewards"] = scale.ValueKind switch { JsonValueKind.True => "group", JsonValueKind.False => "none", _ => scale.GetString() };
        }

        if (f.Configuration.TryGetProperty("steps_per_generation", out var steps) && steps.ValueKind == JsonValueKind.Number)
        {
            f.Keys["generation_steps"] = Math.Max(1, steps.GetInt32() / (f.Keys["gradient_accumulation"]?.GetValue<int>() ?? 1));
        }

        if (f.Configuration.TryGetProperty("reward_clip_range", out var clip) && clip.ValueKind == JsonValueKind.Array)
        {
            (f.Keys["reward_clip_min"], f.Keys["reward_clip_max"]) = (clip[0].GetDouble(), clip[1].GetDouble());
        }

        if (!f.Flag("use_adaptive_entropy"))
        {
            f.Keys.Remove("entropy_target");
        }
    }

    private static Trajectory Trajectory(JsonElement row, int index, int samples)
    {
        var response = row.Ints("completion_ids");
        return new(index, index % samples, row.Ints("prompt_ids"), response) { Ended = response[^1] is End or Pad };
    }

    /// <summary>The recorded numbers, one source for each function, in the order in which the batches are asked for.</summary>
    private static RewardSet Rewards(TrainingFixture f, List<List<JsonElement>> batches)
    {
        var weights = f.Configuration.TryGetProperty("reward_weights", out var w) && w.ValueKind == JsonValueKind.Array ? w.Numbers() : null;
        var count = batches[0][0].GetProperty("rewards").GetArrayLength();
        string[] names = count == 2 ? ["reward_even", "reward_length"] : [.. Enumerable.Range(0, count).Select(k => $"reward_{k}")];
        return new([.. names.Select((name, k) => new WeightedReward(
            new Replay(name, [.. batches.Select(b => (double[])[.. b.Select(r => r.GetProperty("rewards")[k] is var x && x.ValueKind == JsonValueKind.Null ? double.NaN : x.Number())])]), weights?[k] ?? 1))]);
    }

    private sealed class Replay(string name, IReadOnlyList<double[]> batches) : IRewardSource
    {
        private int next;

        public string Name => name;

        public IReadOnlyList<double> Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation) => batches[next++];

        public void Dispose()
        {
        }
    }
}

/// <summary>RLOO with injected responses and rewards.</summary>
internal sealed class RlooCase : GrpoCase
{
    public override string Trainer => "rloo";

    protected override GroupOptions Options(TrainingFixture f) => f.Options<RlooOptions>();
}
