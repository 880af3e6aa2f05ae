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
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Tests.Recipes;

/// <summary>Reward models with every method, from a language model whose head is new: the score is trained and written in every case.</summary>
public sealed class EveryMethodTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("methods").FullName;

    public EveryMethodTests()
    {
        TorchRuntime.EnsureLoaded();
        using var model = CausalModel.Create(Config(), 1);
        CheckpointWriter.Save(model, Base);
    }

    public static TheoryData<string, double> Methods => new()
    {
        { "full", 3e-3 }, { "freeze trainable_layers=1", 3e-3 }, { "lora", 5e-3 }, { "lora merge=false", 5e-3 }, { "dora", 5e-3 }, { "lora quantise=nf4", 5e-3 }, { "ia3", 3e-2 },
        { "prefix virtual_tokens=4", 2e-2 }, { "prompt virtual_tokens=4", 2e-2 }, { "p_tuning virtual_tokens=4", 1e-2 }, { "bottleneck placement=houlsby reduction_factor=2", 5e-3 },
    };

    private string Base => Path.Combine(folder, "base");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Methods))]
    public void Train_KilledAndResumed_LearnsAndEqualsTheUninterruptedRun(string method, double rate)
    {
        var metrics = new MemoryMetrics();
        var straight = Run(method, rate, "straight", metrics);
        var loss = metrics.Curve("loss");
        Assert.True(loss[^1].Value < loss[0].Value - 0.05, $"{loss[0].Value} … {loss[^1].Value}");
        Assert.Throws<IOException>(() => Run(method, rate, "killed", new FailAt(7)));
        Assert.Equal(straight, Run(method, rate, "killed", new MemoryMetrics()));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Save_TrainedModel_ScoresLikeTheModelInMemory(string method, double rate)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using var tuned = TunedModel.Scoring(Options(method, rate));
        foreach (var (_, value) in tuned.Trainable)
        {
            value.add_(0.03);
        }

        Assert.Contains(tuned.Trainable, t => t.Name.EndsWith("score.weight", StringComparison.Ordinal));
        var ids = arange(8, 20, ScalarType.Int64).view(2, 6);
        var trained = tuned.Model.Forward(ids);
        var saved = Path.Combine(folder, "saved");
        tuned.Save(saved);
        using var opened = CheckpointReader.LoadScoring(saved, ScalarType.Float32);
        Assert.True(trained.allclose(opened.Forward(ids), 1e-4, 1e-4), $"{trained.sub(opened.Forward(ids)).abs().max().item<float>()}");
    }

    private string Run(string method, double rate, string name, IMetricsSink metrics)
    {
        var options = Options(method, rate);
        TrainingRun.Prepare(options);
        using var scope = NewDisposeScope();
        using var tuned = TunedModel.Scoring(options);
        var pairs = Pairs();
        var folders = TrainingFolders.In(Path.Combine(folder, name));
        var inputs = new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), "base");
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        RewardRecipe.Train(tuned.Model, pairs, options, run, 7, CancellationToken.None);
        return run.Result(CheckpointPublication.Publish(folders, tuned.Save)).Digest;
    }

    private RewardOptions Options(string words, double rate)
    {
        var split = words.Split(' ');
        var keys = new JsonObject { ["model"] = Base, ["max_steps"] = 16, ["batch_size"] = 4, ["learning_rate"] = rate, ["order"] = "sequential", ["save_every"] = 4, ["threads"] = 1, ["tuning.method"] = split[0] };
        foreach (var pair in split.Skip(1).Select(w => w.Split('=', 2)))
        {
            keys["tuning." + pair[0]] = pair[1];
        }

        return OptionBinder.Bind<RewardOptions>(keys);
    }

    // Chosen answers hold token 9, rejected ones token 11.
    private static List<TokenPair> Pairs()
    {
        var random = new Random(4);
        int[] Ids(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Next(12, 60))];
        return [.. Enumerable.Range(0, 16).Select(i => new TokenPair(Ids(3 + (i % 4)), [.. Ids(i % 5), 9, 7], [.. Ids(i % 3), 11, 7]))];
    }

    private static DecoderConfig Config() => DecoderConfig.Parse("""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true,
         "pad_token_id": 7, "initializer_range": 0.1}
        """);

    private sealed class FailAt(int step) : IMetricsSink
    {
        public void Step(StepMetrics metrics)
        {
            if (metrics.Step == step)
            {
                throw new IOException("killed");
            }
        }

        public void Event(RunEvent happened)
        {
        }
    }
}
