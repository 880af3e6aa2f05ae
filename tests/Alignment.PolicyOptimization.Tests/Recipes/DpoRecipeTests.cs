using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Tests.Recipes;

public sealed class DpoRecipeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dpo").FullName;

    public DpoRecipeTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // trainers.md §3: policy = reference gives ln 2 and rewards of 0, exactly known for every loss.
    [Theory]
    [InlineData("sigmoid", 0.693147)]
    [InlineData("hinge", 1)]
    [InlineData("ipo", 25)]
    [InlineData("nca_pair", 1.386294)]
    [InlineData("bco_pair", 1.386294)]
    [InlineData("sppo_hard", 50)]
    [InlineData("apo_zero", 1)]
    [InlineData("apo_down", 1)]
    [InlineData("discopop", 0.846574)]
    [InlineData("aot", 0.693147)]
    [InlineData("sigmoid_norm", 0.693147)]
    public void Train_FirstStep_HasTheKnownLoss(string loss, double expected)
    {
        var metrics = new MemoryMetrics();
        Run(Options(1, loss: loss), "first", metrics);
        Assert.Equal(expected, metrics.Steps[0].Values["loss"], expected * 1e-4);
        Assert.Equal(0, metrics.Steps[0].Values["rewards/margins"], 1e-5);
    }

    // TRL weighs the tails of both, so that policy = reference still starts at ln 2; LLaMA-Factory the policy's alone.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Train_LengthDesensitised_StartsAtLogTwoWhereTheReferenceIsWeighedToo(bool reference)
    {
        var metrics = new MemoryMetrics();
        Run(OptionBinder.Bind<DpoRecipeOptions>(new JsonObject
        {
            ["model"] = Path.Combine(folder, "base"), ["max_steps"] = 1, ["batch_size"] = 4, ["order"] = "sequential", ["threads"] = 1, ["ld_alpha"] = 0.25, ["ld_reference"] = reference,
        }), $"ld{reference}", metrics);
        Assert.Equal(reference, Math.Abs(metrics.Steps[0].Values["loss"] - Math.Log(2)) < 1e-4);
    }

    [Fact]
    public void Train_LearnablePairs_MarginsRise()
    {
        var metrics = new MemoryMetrics();
        Run(Options(40), "learn", metrics);
        Assert.Equal(1.0, metrics.Curve("rewards/accuracies")[^1].Value);
        Assert.True(metrics.Curve("rewards/margins")[^1].Value > 0.5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Train_KilledAndResumed_EqualsTheUninterruptedRun(int syncSteps)
    {
        var straight = Run(Options(10, sync: syncSteps), $"straight{syncSteps}");
        Assert.Throws<IOException>(() => Run(Options(10, sync: syncSteps), $"killed{syncSteps}", new FailAt(7)));
        Assert.Equal(straight, Run(Options(10, sync: syncSteps), $"killed{syncSteps}"));
    }

    [Fact]
    public void Reference_SecondRun_ReadsTheArtifact()
    {
        Run(Options(1), "once");
        var metrics = new MemoryMetrics();
        Run(Options(1), "once", metrics);
        Assert.DoesNotContain(metrics.Events, e => e.Name == "reference");
        Assert.Single(Directory.GetFiles(Path.Combine(folder, "once", "state"), "reference-logprobs-*.safetensors"));
    }

    [Fact]
    public void Train_Accumulated_EqualsTheLargeBatch()
    {
        MemoryMetrics whole = new(), parts = new();
        Run(Options(3, batch: 8, accumulation: 1), "whole", whole);
        Run(Options(3, batch: 2, accumulation: 4), "parts", parts);
        Assert.All(whole.Curve("grad_norm").Zip(parts.Curve("grad_norm")), x => Assert.Equal(x.First.Value, x.Second.Value, 1e-3));
    }

    [Theory]
    [InlineData("""{"label_smoothing": 0.1}""", "label_smoothing has no effect on sigmoid")]
    [InlineData("""{"loss": ["sigmoid", "sft"], "loss_weights": [1]}""", "loss_weights has 1 numbers for 2 losses")]
    [InlineData("""{"loss": ["sigmoid", "sft"], "loss_weights": [1, -1]}""", "loss_weights: -1 is outside 0 … 1000")]
    [InlineData("""{"data": ["a.jsonl", "./a.jsonl"]}""", "data names a.jsonl twice")]
    [InlineData("""{"loss": "apo_zero", "f_divergence": "forward_kl"}""", "apo_zero works on raw log-ratios")]
    [InlineData("""{"loss": "sigmoyd"}""", "did you mean sigmoid?")]
    [InlineData("""{"ld_reference": false}""", "ld_reference needs ld_alpha")]
    [InlineData("""{"bco_delta": "running"}""", "bco_delta needs loss: bco_pair")]
    [InlineData("""{"reference_from": "adapter_off"}""", "adapter_off needs an adapter")]
    [InlineData("""{"reference_sync_steps": 4, "reference_from": "precomputed"}""", "needs reference_from: model")]
    [InlineData("""{"epochs": 2, "max_steps": 5}""", "epochs and max_steps are both set")]
    [InlineData("""{"warmup_steps": 2, "warmup_ratio": 0.1}""", "they say the same thing")]
    public void Options_Contradictory_AreRefused(string keys, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<DpoRecipeOptions>(JsonNode.Parse(keys)!.AsObject()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private string Run(DpoRecipeOptions options, string name, IMetricsSink? metrics = null)
    {
        metrics ??= new MemoryMetrics();
        TrainingRun.Prepare(options);
        using var tuned = TunedModel.Causal(TinyPolicy.Create(), options);
        var pairs = TinyPolicy.Pairs();
        var folders = TrainingFolders.In(Path.Combine(folder, name));
        CheckpointWriter.Save(tuned.Model, Path.Combine(folder, "base"));
        using var reference = Reference.Create(options, tuned, "base", DpoRecipe.Task(options, pairs, 0), folders, metrics, live: options.ReferenceSyncSteps > 0);
        var inputs = new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), "base") { Companions = reference.Weights };
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        DpoRecipe.Train(tuned.Model, reference, pairs, options, run, 0, CancellationToken.None);
        return run.Result(CheckpointPublication.Publish(folders, f => CheckpointWriter.Save(tuned.Model, f))).Digest;
    }

    private DpoRecipeOptions Options(int steps, string loss = "sigmoid", int batch = 4, int accumulation = 1, int sync = 0) => new()
    {
        Model = Path.Combine(folder, "base"), MaxSteps = steps, BatchSize = batch, GradientAccumulation = accumulation, LearningRate = 2e-3, Loss = [loss],
        Order = "sequential", SaveEvery = 4, Threads = 1, ReferenceSyncSteps = sync,
    };
}
