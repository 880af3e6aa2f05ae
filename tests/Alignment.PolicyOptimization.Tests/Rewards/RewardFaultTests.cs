using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;

namespace Alignment.PolicyOptimization.Tests.Rewards;

/// <summary>An endpoint that goes away in the middle of a run: nothing is lost, and the same command gives what the uninterrupted one would have.</summary>
public sealed class RewardFaultTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("faults").FullName;

    public RewardFaultTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("ppo")]
    [InlineData("rloo")]
    [InlineData("online-dpo")]
    public void Train_EndpointFailsAtTheThirdBatch_ResumesToTheSameCheckpoint(string method)
    {
        var failing = true;
        using var endpoint = new Endpoint((n, body) => failing && n == 2 ? (500, "out of memory") : (200, Scores(body)));
        var e = Assert.Throws<RewardException>(() => Run(method, "broken", endpoint, new MemoryMetrics()));
        Assert.Contains("status 500, out of memory", e.Message, StringComparison.Ordinal);

        failing = false;
        var metrics = new MemoryMetrics();
        var resumed = Run(method, "broken", endpoint, metrics, timeout: 61);
        Assert.Equal(2, Assert.Single(metrics.Events, x => x.Name == "resumed").Step);
        Assert.Equal(Run(method, "whole", endpoint, new MemoryMetrics()).Digest, resumed.Digest);
    }

    [Fact]
    public void Train_BestOfNWithALongerTimeout_KeepsTheAnswersThatWereScored()
    {
        var failing = true;
        using var endpoint = new Endpoint((n, body) => failing && n == 2 ? (500, "out of memory") : (200, Scores(body)));
        Assert.Throws<RewardException>(() => Run("best-of-n", "broken", endpoint, new MemoryMetrics()));
        var kept = File.ReadAllLines(Assert.Single(Directory.GetFiles(TrainingFolders.In(Path.Combine(folder, "broken")).State, "answers-*.jsonl")));
        Assert.NotEmpty(kept);

        failing = false;
        var metrics = new MemoryMetrics();
        Run("best-of-n", "broken", endpoint, metrics, timeout: 61);
        Assert.Contains(metrics.Events, x => x.Name == "sampling" && x.Message.StartsWith("sampling goes on", StringComparison.Ordinal));
        Assert.Equal(kept, File.ReadLines(Assert.Single(Directory.GetFiles(TrainingFolders.In(Path.Combine(folder, "broken")).State, "answers-*"))).Take(kept.Length));
    }

    private TrainingResult Run(string method, string name, Endpoint endpoint, IMetricsSink metrics, double timeout = 60) => PolicyMethods.Find(method)!.Prepare(new JsonObject
    {
        ["model"] = Sample.Base, ["data"] = Sample.Prompts, ["max_steps"] = 4, ["batch_size"] = 4, ["max_new_tokens"] = 6, ["max_length"] = 64, ["learning_rate"] = 1e-4, ["save_every"] = 0, ["threads"] = 1,
        ["reward"] = new JsonObject { ["sources"] = endpoint.Address.ToString(), ["retries"] = 0, ["timeout"] = timeout },
    }).Train(TrainingFolders.In(Path.Combine(folder, name)), metrics, CancellationToken.None);

    /// <summary>Longer answers are better, by text: the same for the same answer.</summary>
    private static string Scores(string body) => new JsonObject
    {
        ["scores"] = new JsonArray([.. JsonNode.Parse(body)!["items"]!.AsArray().Select(i => (JsonNode)(i!["response"]!.GetValue<string>().Length / 10.0))]),
    }.ToJsonString();
}
