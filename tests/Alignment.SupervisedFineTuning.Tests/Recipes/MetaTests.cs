using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.SupervisedFineTuning.Recipes.Meta;
using TorchSharp;

namespace Alignment.SupervisedFineTuning.Tests.Recipes;

public sealed class MetaTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("meta").FullName;
    private readonly string model;
    private readonly string data;

    public MetaTests()
    {
        TorchRuntime.EnsureLoaded();
        model = TinyCheckpoint.Make(Path.Combine(folder, "base"));
        data = Path.Combine(folder, "tasks.jsonl");
        File.WriteAllLines(data, Enumerable.Range(0, 120).Select(i => new JsonObject
        {
            ["task"] = $"t{i % 6}", ["group"] = $"g{i % 6 / 2}", ["prompt"] = $"Say {"abcdef"[i % 6]} and {i % 11}.", ["response"] = $"{"abcdef"[i % 6]} {i % 11}",
        }.ToJsonString()));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Split_AnySeed_SharesNoTaskAndNoCluster()
    {
        var rows = TaskRow.Read([data], "task", "group");
        for (var seed = 0; seed < 10; seed++)
        {
            var split = TaskSplit.Of(rows, Options($"seed={seed} unseen_share=0.34 cluster_field=group"));
            Assert.Empty(split.Seen.Select(t => t.Name).Intersect(split.Unseen.Select(t => t.Name)));
            Assert.Equal(6, split.Seen.Count + split.Unseen.Count);
            var clusters = split.Unseen.Select(t => (t.Name[1] - '0') / 2).Distinct().ToList();
            Assert.Equal(2 * clusters.Count, split.Unseen.Count);
        }
    }

    [Fact]
    public void Split_NamedClusters_AreTheUnseenOnes() =>
        Assert.Equal(["t1", "t4"], TaskSplit.Of(TaskRow.Read([data], "task"), Options("unseen=[t4,t1]")).Unseen.Select(t => t.Name));

    [Theory]
    [InlineData(1, 1000, new[] { .1, .3, .6 })]
    [InlineData(1, 30, new[] { .1 / .7, .3 / .7, .3 / .7 })]
    [InlineData(1e9, 1000, new[] { 1 / 3.0, 1 / 3.0, 1 / 3.0 })]
    public void Mixture_TemperatureAndCap_GiveTheseShares(double temperature, int cap, double[] expected)
    {
        var mixture = new TaskMixture([10, 30, 60], temperature, cap, 1);
        Assert.All(expected.Zip(mixture.Shares), x => Assert.Equal(x.First, x.Second, 1e-6));
        var counts = new int[3];
        for (var i = 0; i < 20000; i++)
        {
            counts[mixture.Next()]++;
        }

        Assert.All(expected.Zip(counts), x => Assert.Equal(x.First, x.Second / 20000.0, .02));
    }

    [Fact]
    public void Demonstrations_Shown_OnlyTheLastAnswerIsLearned()
    {
        var encoder = RowEncoder.Load(model);
        var rows = TaskRow.Read([data], "task").Select(r => r.Row).ToList();
        var alone = encoder.Encode(rows[2], "last");
        var row = new Demonstrations(encoder, 128).Of([rows[0], rows[1]], rows[2]);
        Assert.Equal(alone.Targets, row.Targets);
        Assert.Equal(alone.Ids.Where((_, i) => alone.Learn[i]), row.Ids.Where((_, i) => row.Learn[i]));
        Assert.True(row.Ids.Length > alone.Ids.Length);
    }

    [Fact]
    public void Demonstrations_EveryAnswer_LearnsTheShownAnswersToo()
    {
        var encoder = RowEncoder.Load(model);
        var rows = TaskRow.Read([data], "task").Select(r => r.Row).Take(3).ToList();
        var last = new Demonstrations(encoder, 128).Of([rows[0], rows[1]], rows[2]);
        var every = new Demonstrations(encoder, 128, everyAnswer: true).Of([rows[0], rows[1]], rows[2]);
        Assert.Equal(last.Ids, every.Ids);
        Assert.Equal(rows.Sum(r => encoder.Encode(r, "last").Targets), every.Targets);
    }

    [Fact]
    public void Demonstrations_WindowTooShort_LeavesTheFirstOut()
    {
        var encoder = RowEncoder.Load(model);
        var rows = TaskRow.Read([data], "task").Select(r => r.Row).ToList();
        var show = new Demonstrations(encoder, encoder.Encode(rows[2], "last").Ids.Length + 2);
        Assert.Equal(encoder.Encode(rows[2], "last").Ids, show.Of([rows[0], rows[1]], rows[2]).Ids);
        Assert.Equal(2, show.LeftOut);
    }

    // One task a step, plain SGD at rate ε: θ ← θ + ε(φ − θ), φ from the same inner steps made by hand.
    [Fact]
    public void Reptile_SgdOneTask_MovesTowardsTheAdaptedWeights()
    {
        var options = Options("algorithm=reptile optimizer=sgd learning_rate=0.25 schedule=constant max_grad_norm=0 max_steps=1 batch_size=1 inner_optimizer=sgd inner_learning_rate=0.1 inner_steps=2 inner_rows=2");
        var encoder = RowEncoder.Load(model);
        var tasks = TaskSplit.Of(TaskRow.Read([data], "task"), options).Seen;
        var episodes = Episodes.Tasks(tasks, options, new Demonstrations(encoder, 64), 1);
        using var byHand = CheckpointReader.LoadCausal(model, torch.ScalarType.Float32);
        using var scope = torch.NewDisposeScope();
        var start = byHand.Trainable().Select(t => t.Value.detach().clone()).ToList();
        new InnerLoop(byHand, byHand.Trainable(), options, encoder.PadId).Adapt(episodes[0].Support);

        using var trained = CheckpointReader.LoadCausal(model, torch.ScalarType.Float32);
        var inputs = new RunInputs(trained.Trainable(), options.Plan([1]), "data", "model");
        using var run = TrainingRun.Start(options, inputs, TrainingFolders.In(Path.Combine(folder, "reptile")), new MemoryMetrics());
        AdaptationLoop.Train(trained, trained.Trainable(), episodes, options, run, encoder.PadId, CancellationToken.None);
        foreach (var ((before, adapted), after) in start.Zip(byHand.Trainable()).Zip(trained.Trainable()))
        {
            using var none = torch.no_grad();
            var expected = before.add(adapted.Value.sub(before).mul((Scalar)0.25));
            Assert.True(after.Value.allclose(expected, 1e-5, 1e-7), after.Name);
        }
    }

    [Theory]
    [InlineData("metaicl")]
    [InlineData("reptile")]
    [InlineData("fomaml")]
    [InlineData("fomaml tuning.method=lora tuning.rank=2")]
    public void Run_KilledAndResumed_EqualsTheUninterruptedRunAndMeasuresTheCurve(string algorithm)
    {
        var straight = Run(algorithm, "straight", new MemoryMetrics());
        Assert.Throws<IOException>(() => Run(algorithm, "killed", new FailAt(4)));
        var metrics = new MemoryMetrics();
        Assert.Equal(straight.Digest, Run(algorithm, "killed", metrics).Digest);
        var result = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "killed", "meta.json")))!;
        foreach (var curve in new[] { "curve", "multitask" })
        {
            Assert.Equal([0, 1, 4], result[curve]!.AsArray().Select(p => p!["shots"]!.GetValue<int>()));
            Assert.All(result[curve]!.AsArray(), p => Assert.InRange(p!["accuracy"]!.GetValue<double>(), 0, 1));
        }

        Assert.Equal(5, metrics.Steps[^1].Step);
        Assert.Contains(metrics.Events, e => e.Name == "k_shot" && e.Values.ContainsKey("accuracy_4"));
    }

    private TrainingResult Run(string algorithm, string name, IMetricsSink metrics)
    {
        var options = Options($"max_steps=5 batch_size=2 shots=[0,1,4] queries=3 seeds=2 algorithm={algorithm}" + (algorithm == "metaicl" ? "" : " inner_steps=2 inner_rows=2"));
        return MetaRecipe.Run(options, TaskRow.Read([data], "task"), TrainingFolders.In(Path.Combine(folder, name)), metrics, CancellationToken.None);
    }

    private MetaOptions Options(string settings)
    {
        var keys = new JsonObject { ["model"] = model, ["data"] = data, ["save_every"] = 3, ["threads"] = 1, ["max_length"] = 96 };
        foreach (var pair in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => s.Split('=', 2)))
        {
            keys[pair[0]] = pair[1].StartsWith('[') ? new JsonArray([.. pair[1][1..^1].Split(',').Select(v => (JsonNode)JsonValue.Create(v))]) : pair[1];
        }

        return OptionBinder.Bind<MetaOptions>(keys);
    }
}
