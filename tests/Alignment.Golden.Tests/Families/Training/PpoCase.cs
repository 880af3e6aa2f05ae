using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Online;
using Alignment.PolicyOptimization.Recipes.Ppo;

namespace Alignment.Golden.Tests.Families.Training;

/// <summary>PPO with injected responses: its options say what TRL does.</summary>
internal sealed class PpoCase : ITrainingCase
{
    private const int Pad = 0, End = 2;

    public string Trainer => "ppo";

    public IReadOnlyDictionary<string, string?> Keys { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["num_ppo_epochs"] = "ppo_epochs", ["num_mini_batches"] = "mini_batches", ["response_length"] = "max_new_tokens", ["temperature"] = "temperature", ["kl_coef"] = "kl_coefficient",
        ["cliprange"] = "clip_range", ["vf_coef"] = "value_coefficient", ["cliprange_value"] = "value_clip_range", ["gamma"] = "gamma", ["lam"] = "lambda", ["missing_eos_penalty"] = "missing_eos_penalty",
        ["whiten_rewards"] = "whiten_rewards", ["kl_estimator"] = "kl_estimator", ["local_rollout_forward_batch_size"] = "rollout_batch_size",
        ["total_episodes"] = null, ["learning_rate_schedule_steps"] = null, ["num_sample_generations"] = null, ["stop_token"] = null,
    };

    /// <summary>Keys under which the recipe's numbers are TRL's.</summary>
    public static IReadOnlyList<(string Key, string Value)> Dialect { get; } =
        [("score_at", "after_last_token"), ("loss_denominator", "micro_batch"), ("metrics_over", "slots"), ("max_grad_norm", "0"), ("length_pool", "1")];

    public TrainedCase Run(TrainingFixture f)
    {
        var updates = f.In.GetProperty("updates").EnumerateArray().ToList();
        foreach (var (key, value) in Dialect)
        {
            f.Keys[key] = value;
        }

        f.Keys["max_steps"] = updates.Count;
        var options = f.Options<PpoOptions>();
        var stop = f.Configuration.TryGetProperty("stop_token", out var s) && s.ValueKind == JsonValueKind.String;
        var source = new Recorded([.. updates.Select(u => Trajectories(u.Matrix("queries"), u.Matrix("responses"), stop, Pad, End))]);
        Expect.Equal("rows of an update", source.Batches[0].Count, options.BatchSize * options.GradientAccumulation);
        using var models = new PpoModels(f.Case, f.DType);
        using var state = new PpoState(options);
        var inputs = PpoRecipe.Inputs(options, models.Policy.Trainable(), models.Critic.Trainable(), source.Batches[0].Select(t => t.Prompt.Length), state, "data", "model");
        var metrics = new MemoryMetrics();
        using var run = TrainingRun.Start(options, inputs, f.Folders, metrics);
        PpoRecipe.Train(models.Parts(source, state, Pad, End) with { Permutation = (_, count) => [.. Enumerable.Range(0, count)] }, options, run, CancellationToken.None);
        return new(metrics, models.Parameters(), new Dictionary<string, double[]>());
    }

    /// <summary>Left-padded queries and responses of equal width as trajectories.</summary>
    public static IReadOnlyList<Trajectory> Trajectories(double[][] queries, double[][] responses, bool stop, int pad, int end) => [.. queries.Zip(responses).Select((x, i) =>
    {
        int[] prompt = [.. x.First.Select(v => (int)v).Where(id => id != pad)], all = [.. x.Second.Select(v => (int)v)];
        var length = stop && Array.IndexOf(all, end) is var e and >= 0 ? e + 1 : Array.IndexOf(all, pad) is var p and >= 0 ? p : all.Length;
        return new Trajectory(i, 0, prompt, all[..length]) { Ended = all[..length].Contains(end), Tail = all[length..] };
    })];
}

/// <summary>Responses that were recorded elsewhere.</summary>
internal sealed class Recorded(IReadOnlyList<IReadOnlyList<Trajectory>> batches) : IRolloutSource
{
    public IReadOnlyList<IReadOnlyList<Trajectory>> Batches => batches;

    public IReadOnlyList<Trajectory> Sample(int batch, IReadOnlyList<int> rows, long weightVersion, CancellationToken cancellation) => batches[batch];
}

/// <summary>The four models of a PPO fixture.</summary>
internal sealed class PpoModels(GoldenCase c, TorchSharp.torch.ScalarType dtype) : IDisposable
{
    private readonly OnlineReference reference = OnlineReference.Frozen(CheckpointReader.LoadCausal(Folder(c, "reference"), dtype));
    private readonly RewardSet rewards = new([new(new RewardModelSource(CheckpointReader.LoadScoring(Folder(c, "reward"), dtype), 0))]);

    public CausalModel Policy { get; } = CheckpointReader.LoadCausal(Folder(c, "policy"), dtype);

    public ScoringModel Critic { get; } = CheckpointReader.LoadScoring(Folder(c, "value"), dtype);

    public PpoParts Parts(Recorded source, PpoState state, int pad, int end) => new(
        Policy, Critic, reference, source, new ResponseScorer(rewards, [.. source.Batches[0].Select(_ => PromptRow.Of("-"))], _ => ""), state, new HashSet<int> { end }, pad);

    /// <summary>By the fixtures' names.</summary>
    public IReadOnlyDictionary<string, double[]> Parameters() => Named().ToDictionary(p => p.Name, p => p.Value.ToDoubles());

    public IEnumerable<(string Name, TorchSharp.torch.Tensor Value)> Named() =>
        Policy.Trainable().Select(p => ("policy." + p.Name, p.Value)).Concat(Critic.Trainable().Select(p => ("value_model." + p.Name, p.Value)));

    public void Dispose()
    {
        Policy.Dispose();
        Critic.Dispose();
        reference.Dispose();
        rewards.Dispose();
    }

    private static string Folder(GoldenCase c, string role) => c.ModelFolder(c.Json.GetProperty("models").GetProperty(role).GetString()!);
}
