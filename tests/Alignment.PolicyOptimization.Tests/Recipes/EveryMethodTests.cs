using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Recipes;

/// <summary>Preference optimisation with every method of fine-tuning: it learns, and a killed run goes on bit for bit.</summary>
public sealed class EveryMethodTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("methods").FullName;

    public EveryMethodTests() => TorchRuntime.EnsureLoaded();

    public static TheoryData<string, double> Methods => new()
    {
        { "freeze trainable_layers=1", 3e-3 }, { "lora", 3e-3 }, { "lora init_lora_weights=olora rank=8", 2e-3 }, { "dora", 3e-3 }, { "ia3", 0.2 }, { "prefix virtual_tokens=4", 3e-2 },
        { "prompt virtual_tokens=4", 5e-2 }, { "p_tuning virtual_tokens=4", 1e-2 }, { "bottleneck placement=houlsby reduction_factor=2", 5e-3 }, { "bottleneck placement=parallel", 5e-3 },
    };

    public static TheoryData<string, string> Others =>
    [
        .. from loss in new[] { "kto", "bco", "cpo", "simpo", "orpo" } from method in new[] { "lora", "prefix virtual_tokens=3", "bottleneck reduction_factor=2" } select (loss, method),
    ];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Methods))]
    public void Dpo_KilledAndResumed_LearnsAndEqualsTheUninterruptedRun(string method, double rate)
    {
        var metrics = new MemoryMetrics();
        var straight = Dpo(Options<DpoRecipeOptions>(method, rate), "straight", metrics);
        var margins = metrics.Curve("rewards/margins");
        Assert.True(margins[^1].Value > margins[0].Value + 0.005, $"{margins[0].Value} … {margins[^1].Value}");
        Assert.Throws<IOException>(() => Dpo(Options<DpoRecipeOptions>(method, rate), "killed", new FailAt(7)));
        Assert.Equal(straight, Dpo(Options<DpoRecipeOptions>(method, rate), "killed", new MemoryMetrics()));
    }

    // The reference is the base inside the policy: asked live or beforehand, it says the same.
    [Theory]
    [InlineData("lora")]
    [InlineData("prefix virtual_tokens=4")]
    [InlineData("bottleneck")]
    public void Dpo_ReferenceFromTheAdapterOff_EqualsThePrecomputedOne(string method)
    {
        MemoryMetrics live = new(), before = new();
        Dpo(Options<DpoRecipeOptions>(method, 3e-3, ("reference_from", "adapter_off")), "live", live);
        Dpo(Options<DpoRecipeOptions>(method, 3e-3), "before", before);
        Assert.All(live.Curve("loss").Zip(before.Curve("loss")), x => Assert.Equal(x.First.Value, x.Second.Value, 1e-4));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public void Train_OtherPreferenceMethods_ResumeWithAdapters(string loss, string method)
    {
        TrainingOptions Make() => loss switch
        {
            "kto" => Options<KtoRecipeOptions>(method, 3e-3),
            "bco" => Options<BcoRecipeOptions>(method, 3e-3),
            "orpo" => Options<OrpoRecipeOptions>(method, 3e-3),
            "simpo" => Options<SimpoRecipeOptions>(method, 3e-3),
            _ => Options<CpoRecipeOptions>(method, 3e-3),
        };
        var straight = OfflineRun.Of(Make(), Path.Combine(folder, "straight"), new MemoryMetrics());
        Assert.Throws<IOException>(() => OfflineRun.Of(Make(), Path.Combine(folder, "killed"), new FailAt(7)));
        Assert.Equal(straight, OfflineRun.Of(Make(), Path.Combine(folder, "killed"), new MemoryMetrics()));
    }

    [Fact]
    public void Dpo_MovingReferenceWithAnAdapter_IsRefused()
    {
        var e = Assert.Throws<OptionsException>(() => Dpo(Options<DpoRecipeOptions>("lora", 1e-3, ("reference_sync_steps", 2)), "moving", new MemoryMetrics()));
        Assert.Contains("reference_sync_steps moves", e.Message, StringComparison.Ordinal);
    }

    private string Dpo(DpoRecipeOptions options, string name, IMetricsSink metrics)
    {
        TrainingRun.Prepare(options);
        using var scope = NewDisposeScope();
        using var tuned = TunedModel.Causal(TinyPolicy.Create(), options);
        var pairs = TinyPolicy.Pairs();
        var folders = TrainingFolders.In(Path.Combine(folder, name));
        using var reference = Reference.Create(options, tuned, "base", DpoRecipe.Task(options, pairs, 0), folders, metrics, live: options.ReferenceSyncSteps > 0);
        var inputs = new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), "base") { Companions = reference.Weights };
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        DpoRecipe.Train(tuned.Model, reference, pairs, options, run, 0, CancellationToken.None);
        return run.Result(CheckpointPublication.Publish(folders, tuned.Save)).Digest;
    }

    private static T Options<T>(string words, double rate, params (string Key, JsonNode Value)[] more)
        where T : TrainingOptions, new()
    {
        var split = words.Split(' ');
        var keys = new JsonObject { ["max_steps"] = 12, ["batch_size"] = 4, ["learning_rate"] = rate, ["order"] = "sequential", ["save_every"] = 4, ["threads"] = 1, ["tuning.method"] = split[0] };
        foreach (var pair in split.Skip(1).Select(w => w.Split('=', 2)))
        {
            keys["tuning." + pair[0]] = pair[1];
        }

        foreach (var (key, value) in more)
        {
            keys[key] = value;
        }

        return OptionBinder.Bind<T>(keys);
    }
}
