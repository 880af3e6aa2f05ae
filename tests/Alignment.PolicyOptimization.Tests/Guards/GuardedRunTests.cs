using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.ModelCore.Training.Guards;
using Alignment.PolicyOptimization.Recipes;

namespace Alignment.PolicyOptimization.Tests.Guards;

/// <summary>What guards do to a real run, with a probe whose numbers are given by hand.</summary>
public sealed class GuardedRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("guards").FullName;

    public GuardedRunTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // Gold is best at step 4; steps 6 and 8 are below it while the proxy rises.
    private static readonly (double Proxy, double Gold)[] Gamed = [(0, 0.5), (1, 0.6), (2, 0.55), (3, 0.5), (4, 0.4), (5, 0.3)];

    [Fact]
    public void Warn_WritesTheEventAndRunsToTheEnd()
    {
        var metrics = new MemoryMetrics();
        var result = Run(new() { ProbeEvery = 2, ProbeData = "x", ProxyGoldGap = "warn" }, "warn", metrics);
        Assert.Equal(12, result.Steps);
        Assert.Null(result.StoppedBy);
        var e = Assert.Single(metrics.Events, e => e.Name == "guard_proxy_gold_gap");
        Assert.Equal((8, 0.6, 0.5), (e.Step, e.Values["gold_best"], e.Values["gold"]));
        Assert.Equal(0.45, Assert.Single(metrics.Events, e => e.Name == "probe").Values[ProbeMetrics.Gold]);
    }

    [Fact]
    public void Stop_EndsTheRunAndStaysEnded()
    {
        var guards = new GuardOptions { ProbeEvery = 2, ProbeData = "x", ProxyGoldGap = "stop" };
        var result = Run(guards, "stop");
        Assert.Equal((8, "proxy_gold_gap"), (result.Steps, result.StoppedBy));
        var again = Run(guards, "stop");
        Assert.Equal((8, "proxy_gold_gap", result.Digest), (again.Steps, again.StoppedBy, again.Digest));
    }

    [Fact]
    public void RollBack_PublishesTheWeightsOfTheLastGoodStep()
    {
        var rolled = Run(new() { ProbeEvery = 2, ProbeData = "x", ProxyGoldGap = "roll_back" }, "rolled");
        var good = Run(new() { ProbeEvery = 2, ProbeData = "x", ProxyGoldGap = "off" }, "good", steps: 4);
        Assert.Equal("proxy_gold_gap", rolled.StoppedBy);
        Assert.Equal(good.Digest, rolled.Digest);
    }

    [Theory]
    [InlineData("adapt")]
    [InlineData("roll_back")]
    public void Resume_AfterAKill_EqualsTheUninterruptedRun(string action)
    {
        var guards = new GuardOptions { ProbeEvery = 2, ProbeData = "x", ProxyGoldGap = action, Window = 1, EntropyCollapse = action, EntropyFloor = 0.5 };
        var straight = Run(guards, "straight");
        foreach (var killedAt in new[] { 5, 7, 9 }.Where(s => s <= straight.Steps))
        {
            Assert.Throws<IOException>(() => Run(guards, $"killed{killedAt}", new FailAt(killedAt)));
            var resumed = Run(guards, $"killed{killedAt}");
            Assert.Equal((straight.Digest, straight.StoppedBy, straight.LastRate()), (resumed.Digest, resumed.StoppedBy, resumed.LastRate()));
        }
    }

    [Fact]
    public void Adapt_LowersTheLearningRate()
    {
        var plain = Run(new() { ProbeEvery = 2, ProbeData = "x", ProxyGoldGap = "off" }, "plain");
        var adapted = Run(new() { ProbeEvery = 2, ProbeData = "x", ProxyGoldGap = "adapt", AdaptFactor = 0.25 }, "adapted");
        Assert.Equal(plain.LastRate() / 4, adapted.LastRate(), 12);
    }

    [Fact]
    public void Probe_ThatFails_LosesNothing()
    {
        var metrics = new MemoryMetrics();
        var failing = new Probe { FailsAt = 4 };
        Assert.Throws<IOException>(() => Run(new() { ProbeEvery = 4, ProbeData = "x" }, "failing", probe: failing));
        Run(new() { ProbeEvery = 4, ProbeData = "x" }, "failing", metrics);
        Assert.Equal(3, Assert.Single(metrics.Events, e => e.Name == "resumed").Step);
    }

    private TrainingResult Run(GuardOptions guards, string name, IMetricsSink? metrics = null, int steps = 12, Probe? probe = null)
    {
        var options = new DpoRecipeOptions
        {
            Model = Path.Combine(folder, "base"), MaxSteps = steps, BatchSize = 4, LearningRate = 2e-3, Schedule = "constant", Order = "sequential", SaveEvery = 3, Threads = 1, LogEvery = 1, Guards = guards,
        };
        TrainingRun.Prepare(options);
        using var tuned = TunedModel.Causal(CausalModel.Create(Config, 5), options);
        CheckpointWriter.Save(tuned.Model, options.Model);
        var random = new Random(4);
        int[] Ids(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Next(12, 60))];
        var pairs = Enumerable.Range(0, 16).Select(i => new TokenPair(Ids(3 + (i % 4)), [.. Ids(i % 5), 9, 2], [.. Ids(i % 3), 11, 2])).ToList();
        var folders = TrainingFolders.In(Path.Combine(folder, name));
        metrics ??= new MemoryMetrics();
        using var reference = Reference.Create(options, tuned, "base", DpoRecipe.Task(options, pairs, 0), folders, metrics);
        var inputs = new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), "base");
        using var run = TrainingRun.Start(options, inputs, folders, metrics);
        probe ??= new Probe();
        probe.Now = () => run.StepsDone;
        run.Probe = probe;
        DpoRecipe.Train(tuned.Model, reference, pairs, options, run, 0, CancellationToken.None);
        return run.Result(CheckpointPublication.Publish(folders, f => CheckpointWriter.Save(tuned.Model, f)));
    }

    private static readonly DecoderConfig Config = DecoderConfig.Parse("""
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true}
        """);

    private sealed class Probe : IRunProbe
    {
        public Func<int> Now { get; set; } = () => 0;

        public int FailsAt { get; init; } = -1;

        public IReadOnlyDictionary<string, double> Measure()
        {
            var (proxy, gold) = Now() == FailsAt ? throw new IOException("the endpoint is away") : Now() == 0 ? (-1, 0.45) : Gamed[(Now() / 2) - 1];
            return new Dictionary<string, double> { [ProbeMetrics.Proxy] = proxy, [ProbeMetrics.Gold] = gold };
        }

        public void Dispose()
        {
        }
    }

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

internal static class ResultExtensions
{
    public static double LastRate(this TrainingResult result) => result.Metrics.GetValueOrDefault("learning_rate", double.NaN);
}
