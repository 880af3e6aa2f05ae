using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.Suite.Commands;
using static TorchSharp.torch;

namespace Alignment.Suite.Tests.Commands;

/// <summary>Runs that start from an adapter's folder, and averages of what an adapter made with its base.</summary>
[Collection(nameof(ConsoleCommands))]
public sealed class AdapterStartTests : IDisposable
{
    private static readonly string Sample = Path.Combine(Repository.Root, "samples", "helpdesk");
    private readonly string folder = Directory.CreateTempSubdirectory("adapter-start").FullName;
    private readonly string data;

    public AdapterStartTests()
    {
        TorchRuntime.EnsureLoaded();
        using (var tiny = CausalModel.Create(DecoderConfig.Parse("""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1024, "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "pad_token_id": 0,
             "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true, "initializer_range": 0.1}
            """), seed: 3))
        {
            Directory.CreateDirectory(At("base"));
            CheckpointWriter.Save(tiny, At("base"), new SaveOptions { CopyFilesFrom = Path.Combine(Sample, "base") });
        }

        data = At("data.jsonl");
        File.WriteAllLines(data, Enumerable.Range(0, 12).Select(i => new JsonObject
        {
            ["prompt"] = $"Question {i}?", ["response"] = $"Answer {i % 7}.", ["chosen"] = $"Hello! Answer {i % 7}.", ["rejected"] = $"No idea {i % 5}.",
        }.ToJsonString()));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("prefix tuning.virtual_tokens=4", "")]
    [InlineData("prefix tuning.virtual_tokens=4 tuning.merge=false", "tuning.method=prefix")]
    [InlineData("prompt tuning.virtual_tokens=4 tuning.merge=false", "")]
    [InlineData("p_tuning tuning.virtual_tokens=4", "")]
    [InlineData("bottleneck tuning.reduction_factor=2", "")]
    [InlineData("lora tuning.rank=2 tuning.merge=false", "tuning.continue_adapter=true")]
    [InlineData("ia3 tuning.merge=false", "tuning.continue_adapter=true tuning.merge=false")]
    public void Sft_FromAnAdaptersFolder_TrainsTheAdapterOn(string first, string settings)
    {
        Run("sft", "first", $"tuning.method={first}");
        MemoryMetrics metrics = new();
        Run("sft", "second", settings, metrics, "first");
        using var scope = NewDisposeScope();
        using var none = no_grad();
        using CausalModel start = CheckpointReader.LoadCausal(At("base")), one = CheckpointReader.LoadCausal(At("first")), two = CheckpointReader.LoadCausal(At("second"));
        var ids = arange(20, 32, ScalarType.Int64).unsqueeze(0);
        Assert.False(one.Forward(ids).allclose(two.Forward(ids), 1e-5, 1e-5));
        var grown = metrics.Events.Single(e => e.Name == "started").Message;
        Assert.StartsWith($"{one.Adapter!.TrainableCount:N0} trainable", grown, StringComparison.Ordinal);

        // The base under the adapter stayed as it was.
        if (two.Adapter is { } adapter)
        {
            Assert.Equal(one.Adapter.Config.Method, adapter.Config.Method);
            adapter.Disable();
            Assert.True(start.Forward(ids).allclose(two.Forward(ids), 0, 0));
        }
    }

    [Fact]
    public void Sft_ContinuedKilledAndResumed_EqualsTheUninterruptedRun()
    {
        Run("sft", "first", "tuning.method=prefix tuning.virtual_tokens=4");
        Run("sft", "straight", "max_steps=4", null, "first");
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Run("sft", "stopped", "max_steps=4", new StopAt(2, stop), "first", stop));
        Run("sft", "stopped", "max_steps=4", null, "first");
        Assert.Equal(File.ReadAllBytes(At("straight/adapter_model.safetensors")), File.ReadAllBytes(At("stopped/adapter_model.safetensors")));
    }

    // Where the run starts is the reference: before the first update no answer has gained anything.
    [Theory]
    [InlineData("precomputed")]
    [InlineData("model")]
    public void Dpo_FromALearnedPrompt_TakesItAsTheReference(string from)
    {
        Run("sft", "first", "tuning.method=prefix tuning.virtual_tokens=4");
        MemoryMetrics metrics = new();
        Run("dpo", "second", $"reference_from={from} log_every=1", metrics, "first");
        Assert.Equal(Math.Log(2), metrics.Curve("loss")[0].Value, 1e-5);
        Assert.Equal(0, metrics.Curve("rewards/margins")[0].Value, 1e-5);
        Assert.NotEqual(0, metrics.Curve("rewards/margins")[^1].Value);
    }

    [Theory]
    [InlineData("prefix", "sft", "tuning.method=lora", "Leave method out to go on training the adapter itself")]
    [InlineData("prefix", "sft", "packing=bfd", "cannot go with the learned prompt")]
    [InlineData("prefix", "sft", "tuning.continue_adapter=true tuning.merge=true", "the result cannot be merged")]
    [InlineData("prefix", "sft", "tuning.continue_adapter=true tuning.rank=4", "keeps the settings that it has")]
    [InlineData("lora tuning.merge=false", "sft", "tuning.continue_adapter=true tuning.method=ia3", "Leave method out")]
    [InlineData("lora tuning.merge=false", "sft", "tuning.continue_adapter=true regularisation.average=linear tuning.merge=false", "went on training an adapter")]
    [InlineData("full", "sft", "tuning.continue_adapter=true", "holds no adapter")]
    public void Train_WhatCannotStart_IsRefusedByName(string first, string method, string settings, string expected)
    {
        Run("sft", "first", $"tuning.method={first}");
        Assert.Contains(expected, Assert.Throws<OptionsException>(() => Run(method, "second", settings, null, "first")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("slerp")]
    [InlineData("ties")]
    [InlineData("dare")]
    public void Average_OfAnAdapter_LiesBetweenBaseAndMergedModel(string average)
    {
        const string Lora = "tuning.method=lora tuning.rank=2 ";
        Run("sft", "trained", Lora);
        Run("sft", "none", $"{Lora} regularisation.average={average} regularisation.average_alpha=0");
        Run("sft", "all", $"{Lora} regularisation.average={average} regularisation.average_alpha=1{(average == "slerp" ? "" : " regularisation.average_density=1")}");
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var ids = arange(20, 32, ScalarType.Int64).unsqueeze(0);
        Tensor Of(string name)
        {
            using var model = CheckpointReader.LoadCausal(At(name));
            Assert.Null(model.Adapter);
            return model.Forward(ids);
        }

        Assert.True(Of("base").allclose(Of("none"), 1e-5, 1e-5));
        Assert.True(Of("trained").allclose(Of("all"), 1e-4, 1e-4));
        Assert.False(Of("trained").allclose(Of("base"), 1e-4, 1e-4));
    }

    [Theory]
    [InlineData("tuning.method=prefix", "a learned prompt stays in front of the text")]
    [InlineData("tuning.method=lora tuning.merge=false", "keeps the adapter apart")]
    [InlineData("tuning.method=lora tuning.quantise=nf4", "the base is quantised")]
    public void Average_AdapterThatCannotBeFolded_IsRefusedByName(string tuning, string expected) =>
        Assert.Contains(expected, Assert.Throws<OptionsException>(() => Run("sft", "refused", $"{tuning} regularisation.average=slerp")).Message, StringComparison.Ordinal);

    private string At(string name) => Path.Combine(folder, name);

    private void Run(string recipe, string name, string settings, IMetricsSink? metrics = null, string from = "base", CancellationTokenSource? stop = null)
    {
        var keys = new JsonObject { ["model"] = At(from), ["data"] = data, ["max_steps"] = 3, ["batch_size"] = 4, ["threads"] = 1, ["seed"] = 1, ["max_length"] = 96, ["learning_rate"] = 1e-2 };
        foreach (var pair in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('=', 2)))
        {
            keys[pair[0]] = pair[1];
        }

        TrainVerb.Methods().Single(m => m.Name == recipe).Prepare(keys)(TrainingFolders.In(At(name)), metrics ?? new MemoryMetrics(), stop?.Token ?? CancellationToken.None);
    }

    private sealed class StopAt(int step, CancellationTokenSource stop) : IMetricsSink
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
}
