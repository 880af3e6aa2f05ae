using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.SupervisedFineTuning.Recipes;
using static TorchSharp.torch;

namespace Alignment.SupervisedFineTuning.Tests.Recipes;

/// <summary>Supervised fine-tuning with every method: it learns, a killed run goes on bit for bit, and what is written is what was trained.</summary>
[Collection(nameof(OwnGenerator))]
public sealed class EveryMethodTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("methods").FullName;

    public EveryMethodTests()
    {
        TorchRuntime.EnsureLoaded();
        using var model = CausalModel.Create(Config(), 1);
        CheckpointWriter.Save(model, Base);
        File.WriteAllText(Path.Combine(Base, "tokenizer.json"), "{}");
    }

    public static TheoryData<string, double> Methods => new()
    {
        { "full", 3e-3 }, { "freeze trainable_layers=1", 5e-3 }, { "lora", 5e-3 }, { "lora dropout=0.2", 5e-3 }, { "rslora", 5e-3 }, { "dora", 5e-3 }, { "lora bias=all modules_to_save=norm", 5e-3 }, { "lora init_lora_weights=pissa rank=8", 3e-3 },
        { "lora quantise=nf4_double", 5e-3 }, { "lora quantise=int8", 5e-3 }, { "ia3", 5e-2 }, { "prefix virtual_tokens=4", 3e-2 }, { "prefix virtual_tokens=4 prefix_projection=true", 2e-2 },
        { "prompt virtual_tokens=4", 5e-2 }, { "p_tuning virtual_tokens=4", 1e-2 }, { "p_tuning virtual_tokens=4 encoder_type=lstm", 1e-2 },
        { "bottleneck placement=houlsby reduction_factor=2", 5e-3 }, { "bottleneck placement=pfeiffer reduction_factor=2 dropout=0.1", 5e-3 }, { "bottleneck placement=parallel learned_scale=true", 5e-3 },
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
    public void Save_TrainedModel_AnswersLikeTheModelInMemory(string method, double rate)
    {
        var options = Options(method, rate);
        using var scope = NewDisposeScope();
        using var tuned = TunedModel.Causal(options);
        using (var none = no_grad())
        {
            foreach (var (_, value) in tuned.Trainable)
            {
                value.add_(0.02);
            }
        }

        using var quiet = no_grad();
        var ids = arange(1, 13, ScalarType.Int64).view(2, 6);
        var trained = tuned.Model.Forward(ids);
        tuned.Save(Path.Combine(folder, "saved"));
        Assert.True(trained.allclose(tuned.Model.Forward(ids), 0, 0));
        using var opened = CheckpointReader.LoadCausal(Path.Combine(folder, "saved"), ScalarType.Float32);
        Assert.True(trained.allclose(opened.Forward(ids), 1e-4, 1e-4));
        Assert.True(File.Exists(Path.Combine(folder, "saved", "config.json")));
    }

    // The next job starts where this one ended.
    [Fact]
    public void Causal_FromAnAdapterFolder_TrainsOnWhatTheAdapterMade()
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var ids = arange(1, 13, ScalarType.Int64).view(2, 6);
        Tensor trained;
        using (var tuned = TunedModel.Causal(Options("lora merge=false", 1e-3)))
        {
            tuned.Trainable.ToList().ForEach(t => t.Value.add_(0.02));
            trained = tuned.Model.Forward(ids);
            tuned.Save(Path.Combine(folder, "first"));
        }

        Assert.False(File.Exists(Path.Combine(folder, "first", "config.json")));
        var options = Options("ia3", 1e-3, Path.Combine(folder, "first"));
        using var next = TunedModel.Causal(options);
        Assert.True(trained.allclose(next.Model.Forward(ids), 1e-4, 1e-4));
        Assert.All(next.Trainable, t => Assert.Contains("ia3_l", t.Name, StringComparison.Ordinal));
        using (var tuned = TunedModel.Causal(Options("prompt virtual_tokens=2", 1e-3)))
        {
            tuned.Save(Path.Combine(folder, "prompt"));
        }

        Assert.Contains("or start from its base", Assert.Throws<OptionsException>(() => TunedModel.Causal(Options("lora", 1e-3, Path.Combine(folder, "prompt")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_PackingWithALearnedPrompt_IsRefused()
    {
        var keys = new JsonObject { ["model"] = Base, ["packing"] = "bfd", ["tuning.method"] = "prompt" };
        Assert.Contains("would share one learned prompt", Assert.Throws<OptionsException>(() => OptionBinder.Bind<SftOptions>(keys)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_MergeFalse_WritesAPeftFolderThatNamesItsBase()
    {
        using var tuned = TunedModel.Causal(Options("dora merge=false", 1e-3));
        tuned.Save(Path.Combine(folder, "slim"));
        var config = AdapterConfig.Load(Path.Combine(folder, "slim"));
        Assert.Equal(Base, config.Text("base_model_name_or_path"));
        Assert.True(config.Flag("use_dora"));
        Assert.True(File.Exists(Path.Combine(folder, "slim", "tokenizer.json")));
    }

    private string Run(string method, double rate, string name, IMetricsSink metrics)
    {
        var options = Options(method, rate);
        TrainingRun.Prepare(options);
        using var scope = NewDisposeScope();
        using var tuned = TunedModel.Causal(options);
        var rows = Rows();
        var folders = TrainingFolders.In(Path.Combine(folder, name));
        var inputs = new RunInputs(tuned.Trainable, options.Plan(rows.Select(r => r.Ids.Length)), DataDigest.Of(rows), "base");
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        SftRecipe.Train(tuned.Model, rows, options, run, 0, CancellationToken.None);
        return run.Result(CheckpointPublication.Publish(folders, tuned.Save)).Digest;
    }

    private SftOptions Options(string words, double rate, string? from = null)
    {
        var split = words.Split(' ');
        var keys = new JsonObject
        {
            ["model"] = from ?? Base, ["max_steps"] = 12, ["batch_size"] = 4, ["gradient_accumulation"] = 2, ["learning_rate"] = rate, ["seed"] = 1, ["save_every"] = 4, ["threads"] = 1, ["tuning.method"] = split[0],
        };
        foreach (var pair in split.Skip(1).Select(w => w.Split('=', 2)))
        {
            keys["tuning." + pair[0]] = pair[1];
        }

        return OptionBinder.Bind<SftOptions>(keys);
    }

    private static List<TokenRow> Rows()
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, 16).Select(i => TokenRow.Of(
            [.. Enumerable.Range(0, 3 + (i % 5)).Select(_ => random.Next(1, 60))], [.. Enumerable.Range(0, 2 + (i % 4)).Select(k => 5 + k)]))];
    }

    private static DecoderConfig Config() => DecoderConfig.Parse("""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true, "initializer_range": 0.1}
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
