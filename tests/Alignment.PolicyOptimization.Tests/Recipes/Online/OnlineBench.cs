using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Tests.Recipes.Online;

/// <summary>Tiny models, prompts and a rule as reward: the share of even ids. What every online method's tests stand on.</summary>
internal sealed class OnlineBench : IDisposable
{
    public const int End = 2;
    private readonly string folder = Directory.CreateTempSubdirectory("online").FullName;

    public OnlineBench() => TorchRuntime.EnsureLoaded();

    public IReadOnlyList<int[]> Prompts { get; } = [.. Enumerable.Range(0, 12).Select(i => Enumerable.Range(0, 2 + (i % 4)).Select(k => 3 + ((i * 7) + (k * 5)) % 28).ToArray())];

    public static IReadOnlySet<int> Ends => new HashSet<int> { End };

    public TrainingFolders Folders(string name) => TrainingFolders.In(Path.Combine(folder, name));

    public static CausalModel Policy(ulong seed = 5) => CausalModel.Create(Config("LlamaForCausalLM"), seed);

    public static ScoringModel Critic() => ScoringModel.Create(Config("LlamaForSequenceClassification"), 6);

    public ResponseScorer Scorer(Func<RewardItem, double>? rule = null) => new(
        new([new(new FunctionReward("even", rule ?? (i => i.ResponseIds.Count(x => x % 2 == 0) / (double)i.ResponseIds.Length)))]), [.. Prompts.Select(_ => PromptRow.Of("-"))], _ => "");

    public RolloutGenerator Generator(CausalModel policy, OnlineOptions options, int samples) => new(policy, Prompts, options.Sampling(samples, [End]));

    /// <summary>A digest of the models' weights.</summary>
    public string Digest(CausalModel policy, ScoringModel? critic = null)
    {
        var at = Directory.CreateDirectory(Path.Combine(folder, Guid.NewGuid().ToString("N"))).FullName;
        CheckpointWriter.Save(policy, Path.Combine(at, "p"));
        if (critic is not null)
        {
            CheckpointWriter.Save(critic, Path.Combine(at, "c"));
        }

        return FolderDigest.Of(Path.Combine(at, "p")) + (critic is null ? "" : FolderDigest.Of(Path.Combine(at, "c")));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static DecoderConfig Config(string architecture) => DecoderConfig.Parse($$"""
        {"model_type": "llama", "architectures": ["{{architecture}}"], "vocab_size": 32, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_labels": 1,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "pad_token_id": 0, "tie_word_embeddings": true}
        """);
}

/// <summary>A sink that fails as a process that dies: after a step's work, before its state is saved.</summary>
internal sealed class FailAt(int step) : IMetricsSink
{
    public void Step(StepMetrics metrics)
    {
        if (metrics.Step == step)
        {
            throw new IOException("killed");
        }
    }

    public void Event(RunEvent runEvent)
    {
    }
}
