using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Methods;

/// <summary>What holds for every method under <c>align train</c>, whoever adds one: runs of a few steps on the help desk's base model.</summary>
public sealed partial class EveryMethodTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("methods").FullName;

    public EveryMethodTests()
    {
        TorchRuntime.EnsureLoaded();
        File.WriteAllLines(Data, Enumerable.Range(0, 8).Select(i => new JsonObject
        {
            ["prompt"] = $"How do I pay for order {i}?", ["chosen"] = $"Good day! Open Wallet and choose Pay {i}.", ["rejected"] = $"No idea {i}.", ["language"] = "en", ["facts"] = new JsonArray("Wallet", "Pay"),
        }.ToJsonString()));
    }

    private string Data => Path.Combine(folder, "data.jsonl");

    public static TheoryData<string> Names() => [.. PolicyMethods.All.Select(m => m.Name).Where(n => n != "reinforce-pp")];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Metrics_OfAShortRun_AreInTheGlossary(string name)
    {
        var metrics = new MemoryMetrics();
        Run(name, "short", 2, metrics);
        var glossary = Glossary();
        Assert.Equal([], metrics.Steps.SelectMany(s => s.Values.Keys).Distinct().Select(Plain).Where(n => !glossary.Contains(n)).Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_KilledAndResumedWithGuardsAndProbe_EqualsTheUninterruptedRun(string name)
    {
        var straight = Run(name, "straight", 5, new MemoryMetrics(), guarded: true);
        Assert.Throws<IOException>(() => Run(name, "killed", 5, new FailAt(4), guarded: true));
        var resumed = Run(name, "killed", 5, new MemoryMetrics(), guarded: true);
        Assert.Equal((straight.Digest, straight.Steps), (resumed.Digest, resumed.Steps));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_NumbersThatAreNotFinite_AreDroppedAndTheThirdInARowStops(string name)
    {
        var broken = Path.Combine(folder, "broken");
        using (var model = CheckpointReader.LoadCausal(Sample.Base, ScalarType.Float32))
        {
            using (no_grad())
            {
                // Every logit, and with it every loss, is NaN.
                model.named_parameters().First(p => p.name.Contains("norm", StringComparison.Ordinal)).parameter.fill_(float.NaN);
            }

            CheckpointWriter.Save(model, broken, new SaveOptions { CopyFilesFrom = Sample.Base });
        }

        var metrics = new MemoryMetrics();
        var e = Assert.ThrowsAny<Exception>(() => Run(name, "nan", 6, metrics, model: broken));
        if (e is NonFiniteException stopped)
        {
            Assert.Equal(3, metrics.Events.Count(x => x.Name == "step_dropped"));
            Assert.NotEmpty(JsonNode.Parse(File.ReadAllText(stopped.BatchFile))!["rows"]!.AsArray());
        }
        else
        {
            // An answer drawn from such a policy may have no score: that is said before anything is learned.
            Assert.IsType<RewardException>(e);
        }
    }

    private TrainingResult Run(string name, string run, int steps, IMetricsSink metrics, bool guarded = false, string? model = null)
    {
        var method = PolicyMethods.Find(name)!;
        var known = OptionKey.Of(method.Defaults.GetType()).Select(k => k.Name).ToHashSet(StringComparer.Ordinal);
        var keys = new JsonObject
        {
            ["model"] = model ?? Sample.Base, ["data"] = Data, ["max_steps"] = steps, ["batch_size"] = 4, ["learning_rate"] = 1e-4, ["log_every"] = 1, ["save_every"] = 2, ["threads"] = 1, ["max_length"] = 96,
        };
        foreach (var (key, value) in new (string, JsonNode)[] { ("max_new_tokens", 8), ("reward.sources", "length:2..30"), ("rollout_batch_size", 16), ("missing_eos_penalty", 0.1), ("samples_per_prompt", 2) })
        {
            if (known.Contains(key))
            {
                keys[key] = value;
            }
        }

        if (name == "best-of-n")
        {
            keys["long_answers"] = "keep";
            keys["drop_equal"] = false;
        }

        if (guarded)
        {
            keys["guards"] = new JsonObject
            {
                ["probe_every"] = 2, ["probe_data"] = Data, ["probe_rows"] = 4, ["probe_tokens"] = 8, ["gold"] = $"rubric:{Sample.Rubric}", ["window"] = 1, ["length_drift"] = "adapt", ["length_factor"] = 1.0001,
            };
        }

        return method.Prepare(keys).Train(TrainingFolders.In(Path.Combine(folder, run)), metrics, CancellationToken.None);
    }

    /// <summary>Every name in the first column of docs/metrics.md.</summary>
    private static HashSet<string> Glossary() =>
        [.. File.ReadLines(Path.Combine(Sample.Folder, "..", "..", "docs", "metrics.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).SelectMany(l => Quoted().Matches(l.Split('|')[1]).Select(m => m.Groups[1].Value))];

    /// <summary>A source's or module's own name is written as <c>{name}</c> in the glossary.</summary>
    private static string Plain(string metric) => SourceName().Replace(metric, "$1/{name}$3");

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex("^(rewards|grad_norm)/(?!chosen$|rejected$|accuracies$|margins$|probabilities$)([^/]+)(/mean|/std)?$")]
    private static partial Regex SourceName();

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
