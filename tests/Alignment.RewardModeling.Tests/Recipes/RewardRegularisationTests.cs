using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.RewardModeling.Recipes;

namespace Alignment.RewardModeling.Tests.Recipes;

/// <summary>A reward model has no language head: next-token losses and KL go through its body and the head of its starting checkpoint.</summary>
public sealed class RewardRegularisationTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("reward-forget").FullName;
    private readonly string general = Path.Combine(Helpdesk, "general.jsonl");
    private readonly string model;
    private readonly string data;

    public RewardRegularisationTests()
    {
        TorchRuntime.EnsureLoaded();
        model = Path.Combine(folder, "base");
        using (var language = CausalModel.Create(DecoderConfig.Parse("""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1024, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "pad_token_id": 0,
             "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true, "initializer_range": 0.1}
            """), seed: 3))
        {
            Directory.CreateDirectory(model);
            CheckpointWriter.Save(language, model, new SaveOptions { CopyFilesFrom = Path.Combine(Helpdesk, "base") });
        }

        data = Path.Combine(folder, "pairs.jsonl");
        File.WriteAllLines(data, Enumerable.Range(0, 24).Select(i => new JsonObject { ["prompt"] = $"Question {i}?", ["chosen"] = $"Hello! Answer {i % 7}.", ["rejected"] = $"No idea {i % 5}." }.ToJsonString()));
    }

    private static string Helpdesk { get; } = Path.GetFullPath(Path.Combine(Here(), "..", "..", "..", "samples", "helpdesk"));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("full")]
    [InlineData("lora")]
    public void Run_KilledAndResumed_EqualsTheUninterruptedRun(string method)
    {
        var straight = Run(method, "straight", new MemoryMetrics());
        Assert.Throws<IOException>(() => Run(method, "killed", new Failing()));
        var metrics = new MemoryMetrics();
        Assert.Equal(straight.Digest, Run(method, "killed", metrics).Digest);
        Assert.Contains(metrics.Events, e => e.Name == "resumed");
    }

    [Fact]
    public void Run_EveryPenalty_IsZeroAtTheStartAndReported()
    {
        var metrics = new MemoryMetrics();
        Run("full", "run", metrics);
        Assert.Equal(0, metrics.Curve("regularisation/kl_base")[0].Value, 1e-6);
        Assert.Equal(0, metrics.Curve("regularisation/ewc")[0].Value, 1e-9);
        Assert.True(metrics.Curve("regularisation/kl_base")[^1].Value > 0);

        // ln 1024 is what a model that knows nothing has; a random one lies a little above.
        Assert.InRange(metrics.Curve("regularisation/replay_loss")[0].Value, 6, 8.5);
        Assert.Contains("eval_accuracy", metrics.Steps[^1].Values.Keys);
        var table = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "run", TrainingRecord.FileName)))!["forgetting"]!;
        Assert.Equal(["general", "task"], table["tasks"]!.AsArray().Select(t => t!["task"]!.GetValue<string>()));
    }

    private TrainingResult Run(string method, string name, IMetricsSink metrics)
    {
        var keys = new JsonObject
        {
            ["model"] = model, ["data"] = data, ["max_steps"] = 8, ["batch_size"] = 4, ["save_every"] = 3, ["threads"] = 1, ["seed"] = 1, ["max_length"] = 64, ["learning_rate"] = 1e-3,
            ["tuning.method"] = method, ["evaluation.data"] = data, ["evaluation.every"] = 4,
            ["regularisation.l2_sp_alpha"] = 0.1, ["regularisation.l2_sp_beta"] = 0.01, ["regularisation.ewc_lambda"] = 1, ["regularisation.ewc_data"] = general, ["regularisation.ewc_samples"] = 4,
            ["regularisation.kl_base_weight"] = 0.5, ["regularisation.kl_base_data"] = general, ["regularisation.kl_base_rows"] = 2,
            ["regularisation.replay_share"] = 0.25, ["regularisation.replay_data"] = general, ["regularisation.label_smoothing"] = 0.05, ["regularisation.general_rows"] = 5,
        };
        var options = OptionBinder.Bind<RewardOptions>(keys);
        return RewardRecipe.Run(options, PreferenceReader.Read(options.Data), TrainingFolders.In(Path.Combine(folder, name)), metrics, CancellationToken.None);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    private sealed class Failing : IMetricsSink
    {
        public void Step(StepMetrics metrics)
        {
            if (metrics.Step == 5)
            {
                throw new IOException("killed");
            }
        }

        public void Event(RunEvent happened)
        {
        }
    }
}
