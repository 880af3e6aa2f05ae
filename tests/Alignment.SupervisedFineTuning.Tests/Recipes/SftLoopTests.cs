using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.SupervisedFineTuning.Recipes;
using TorchSharp;

namespace Alignment.SupervisedFineTuning.Tests.Recipes;

public sealed class SftLoopTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("sft").FullName;

    public SftLoopTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Train_SameRowsAgain_LossFalls()
    {
        var metrics = new MemoryMetrics();
        Run(Options(steps: 30, rate: 5e-3), "fall", metrics);
        var loss = metrics.Curve("loss");
        Assert.Equal(30, loss.Count);
        Assert.InRange(loss[0].Value, 3.9, 4.5);
        Assert.True(loss[^1].Value < loss[0].Value - 1, $"{loss[0]} … {loss[^1]}");
        Assert.Contains("entropy", metrics.Steps[0].Values.Keys);
    }

    [Fact]
    public void Train_SameSeed_GivesTheSameWeights() => Assert.Equal(Run(Options(), "a"), Run(Options(), "b"));

    [Fact]
    public void Train_OtherSeed_GivesOtherWeights() => Assert.NotEqual(Run(Options(), "a"), Run(Options(seed: 2), "b"));

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(11)]
    public void Train_StoppedAndResumed_EqualsTheUninterruptedRun(int stopAfter)
    {
        var straight = Run(Options(), "straight");
        using var stop = new CancellationTokenSource();
        var stopper = new StopAfter(stopAfter, stop);
        Assert.Throws<OperationCanceledException>(() => Run(Options(), "resumed", stopper, stop));
        var metrics = new MemoryMetrics();
        Assert.Equal(straight, Run(Options(), "resumed", metrics));
        Assert.Equal(stopAfter, Assert.Single(metrics.Events, e => e.Name == "resumed").Step);
        Assert.Equal(stopAfter + 1, metrics.Steps[0].Step);
    }

    // A kill between two saves: what ran since the last one is done again.
    [Fact]
    public void Train_KilledBetweenSaves_EqualsTheUninterruptedRun()
    {
        var straight = Run(Options(), "straight");
        Assert.Throws<IOException>(() => Run(Options(), "killed", new FailAt(8)));
        var metrics = new MemoryMetrics();
        Assert.Equal(straight, Run(Options(), "killed", metrics));
        Assert.Equal(5, metrics.Steps[0].Step);
    }

    [Fact]
    public void Train_OtherSettings_RefusesTheState()
    {
        Run(Options(), "run");
        var e = Assert.Throws<Alignment.ModelCore.Configuration.OptionsException>(() => Run(Options(rate: 2e-3), "run"));
        Assert.Contains("learning_rate was 0.001 and is 0.002", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(2, 4)]
    [InlineData(1, 8)]
    public void Train_Accumulated_EqualsTheLargeBatch(int batch, int accumulation)
    {
        var metrics = new MemoryMetrics();
        Run(Options(steps: 3, batch: batch, accumulation: accumulation, order: "sequential"), $"acc{batch}", metrics);
        var reference = new MemoryMetrics();
        Run(Options(steps: 3, batch: 8, accumulation: 1, order: "sequential"), "whole", reference);
        foreach (var key in new[] { "loss", "grad_norm" })
        {
            foreach (var (mine, whole) in metrics.Curve(key).Zip(reference.Curve(key)))
            {
                Assert.Equal(whole.Value, mine.Value, 1e-4);
            }
        }
    }

    [Fact]
    public void Train_BrokenWeights_DropsStepsAndStopsAtTheThird()
    {
        var metrics = new MemoryMetrics();
        var e = Assert.Throws<NonFiniteException>(() => Run(Options(), "nan", metrics, spoil: true));
        Assert.Equal(3, metrics.Events.Count(x => x.Name == "step_dropped"));
        Assert.Contains("\"input_ids\"", File.ReadAllText(e.BatchFile), StringComparison.Ordinal);
    }

    private string Run(SftOptions options, string name, IMetricsSink? metrics = null, CancellationTokenSource? stop = null, bool spoil = false)
    {
        TrainingRun.Prepare(options);
        using var model = CausalModel.Create(Config(), (ulong)options.Seed);
        if (spoil)
        {
            using var none = torch.no_grad();
            model.Body.EmbeddingWeight[0, 0] = float.NaN;
        }

        var rows = Rows();
        var folders = TrainingFolders.In(Path.Combine(folder, name));
        var inputs = new RunInputs(model.Trainable(), options.Plan(rows.Select(r => r.Ids.Length)), DataDigest.Of(rows), "base");
        using var run = TrainingRun.Start(options, inputs, folders, metrics ?? new MemoryMetrics());
        SftRecipe.Train(model, rows, options, run, 0, stop?.Token ?? CancellationToken.None);
        return run.Result(CheckpointPublication.Publish(folders, f => CheckpointWriter.Save(model, f))).Digest;
    }

    private static SftOptions Options(int steps = 12, int batch = 4, int accumulation = 2, double rate = 1e-3, long seed = 1, string order = "shuffled") => new()
    {
        MaxSteps = steps, BatchSize = batch, GradientAccumulation = accumulation, LearningRate = rate, Seed = seed, Order = order,
        SaveEvery = 4, LengthPool = 2, WarmupSteps = 2, WeightDecay = 0.01, Threads = 1,
    };

    private static List<TokenRow> Rows()
    {
        var random = new Random(3);
        return [.. Enumerable.Range(0, 24).Select(i => TokenRow.Of(
            [.. Enumerable.Range(0, 3 + (i % 5)).Select(_ => random.Next(1, 60))], [.. Enumerable.Range(0, 2 + (i % 7)).Select(_ => random.Next(1, 60))]))];
    }

    private static DecoderConfig Config() => DecoderConfig.Parse("""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true}
        """);

    private sealed class StopAfter(int step, CancellationTokenSource stop) : IMetricsSink
    {
        public void Step(StepMetrics metrics)
        {
            if (metrics.Step == step)
            {
                stop.Cancel();
            }
        }

        public void Event(RunEvent happened)
        {
        }
    }

    private sealed class FailAt(int step) : IMetricsSink
    {
        // The sink is called before the state of its step is saved, so this step is lost.
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
