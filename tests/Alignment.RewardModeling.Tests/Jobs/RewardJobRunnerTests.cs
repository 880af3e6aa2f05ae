using System.Text.Json.Nodes;
using Alignment.Jobs;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Rollouts;
using Alignment.RewardModeling.Jobs;
using Alignment.Storage.Artifacts;

namespace Alignment.RewardModeling.Tests.Jobs;

/// <summary>Every kind of reward model from a job row on the help desk's base model: pairs, rankings, steps, ensembles.</summary>
public sealed class RewardJobRunnerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("reward-jobs").FullName;
    private readonly FolderArtifactStore artifacts;

    public RewardJobRunnerTests()
    {
        TorchRuntime.EnsureLoaded();
        artifacts = new(Path.Combine(folder, "artifacts"), TimeProvider.System);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("snapshot", """{"prompt": "Pay {0}?", "chosen": "Open Wallet {0}.", "rejected": "No idea {0}.", "language": "en"}""", "reward", "{}")]
    [InlineData("data", """{"prompt": "Pay {0}?", "responses": ["Open Wallet {0}.", "Wallet.", "No idea {0}."], "ranks": [1, 2, 3]}""", "reward", """{"loss": "plackett_luce"}""")]
    [InlineData("data", """{"prompt": "Pay {0}?", "completions": ["Open Wallet.", "Press {0}."], "labels": [true, false]}""", "prm", "{}")]
    public async Task RunAsync_EachMethod_GivesACheckpointWithItsReport(string source, string row, string method, string options)
    {
        var result = await RunAsync(source, row, method, options);
        var at = artifacts.PathOf((string)result["checkpoint"]!);
        Assert.True(File.Exists(Path.Combine(at, "model.safetensors")));
        Assert.Equal(method, (string)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(at, "training.json"), TestContext.Current.CancellationToken))!["recipe"]!);
        Assert.InRange((double)result["accuracy"]!, 0.0, 1.0);
        Assert.Equal((double)result["report"]!["count"]!, (double)result["n"]!);
        Assert.Equal(3, (int)result["metrics"]!["steps"]!);
    }

    [Fact]
    public async Task RunAsync_ThreeMembers_ScoreAsTheirMeanLessTheirSpread()
    {
        var result = await RunAsync("snapshot", """{"prompt": "Pay {0}?", "chosen": "Open Wallet {0}.", "rejected": "No idea {0}."}""", "reward", """{"members": 3, "uncertainty_penalty": 2}""");
        Assert.True((double)result["report"]!["uncertainty"]! > 0);
        var at = artifacts.PathOf((string)result["checkpoint"]!);
        RewardItem[] items = [new([], "Open Wallet", [5, 6], [7, 8, 9], true, []), new([], "No", [5, 6], [10, 11], true, [])];
        IReadOnlyList<double> Score(string path)
        {
            using var source = RewardModelSource.Load(path, at);
            return source.Score(items, CancellationToken.None);
        }

        // The first model alone, as if it had no companions.
        var alone = Path.Combine(folder, "alone");
        Directory.CreateDirectory(alone);
        foreach (var file in Directory.GetFiles(at))
        {
            File.Copy(file, Path.Combine(alone, Path.GetFileName(file)));
        }

        (RewardScale.Load(at) with { Members = null, UncertaintyPenalty = 0 }).Save(alone);
        var members = new[] { Score(alone), Score(Path.Combine(at, "members/2")), Score(Path.Combine(at, "members/3")) };
        var together = Score(at);
        for (var i = 0; i < items.Length; i++)
        {
            var mean = members.Average(m => m[i]);
            Assert.Equal(mean - (2 * Math.Sqrt(members.Average(m => (m[i] - mean) * (m[i] - mean)))), together[i], 1e-6);
        }

        Assert.NotEqual(members[0][0], members[1][0]);
    }

    [Fact]
    public async Task RunAsync_RankingsFromPairs_SaysWhatIsMissing()
    {
        var e = await Assert.ThrowsAsync<JobFailedException>(() => RunAsync("snapshot", """{"prompt": "Pay {0}?", "chosen": "Open.", "rejected": "No."}""", "reward", """{"loss": "plackett_luce"}"""));
        Assert.Equal("bad_data", e.Code);
        Assert.Contains("responses", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_UnknownMethod_NamesThoseThereAre() =>
        Assert.Contains("use reward or prm", (await Assert.ThrowsAsync<JobFailedException>(() => RunAsync("snapshot", "{}", "rewardd", "{}"))).Message, StringComparison.Ordinal);

    private async Task<JsonNode> RunAsync(string source, string row, string method, string options)
    {
        var parent = artifacts.Stage("base");
        foreach (var file in Directory.GetFiles(Base()))
        {
            File.Copy(file, Path.Combine(parent, Path.GetFileName(file)));
        }

        var data = artifacts.Stage("data");
        foreach (var (name, from) in new[] { ("train.jsonl", 0), ("heldout.jsonl", 100) })
        {
            await File.WriteAllLinesAsync(Path.Combine(data, name), Enumerable.Range(from, 12).Select(i => row.Replace("{0}", $"{i}", StringComparison.Ordinal)), TestContext.Current.CancellationToken);
        }

        var keys = JsonNode.Parse(options)!.AsObject();
        foreach (var (key, value) in new (string, JsonNode)[] { ("max_steps", 3), ("batch_size", 4), ("threads", 1), ("max_length", 64) })
        {
            keys[key] = value;
        }

        var spec = new JsonObject
        {
            ["parent"] = await artifacts.CommitAsync(parent, TestContext.Current.CancellationToken), [source] = await artifacts.CommitAsync(data, TestContext.Current.CancellationToken),
            ["method"] = method, ["seed"] = 4, ["options"] = keys,
        };
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        var outcome = await new RewardJobRunner(artifacts).RunAsync(new JobContext("job", 1, spec.ToJsonString(), work, null, null, new NoProgress()), TestContext.Current.CancellationToken);
        return JsonNode.Parse(outcome.ResultJson)!;
    }

    private static string Base()
    {
        var d = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(d.FullName, "Alignment.sln")))
        {
            d = d.Parent ?? throw new DirectoryNotFoundException("Alignment.sln is in no folder above the tests.");
        }

        return Path.Combine(d.FullName, "samples", "helpdesk", "base");
    }

    private sealed class NoProgress : IJobProgress
    {
        public void Report(long step, long total, string? message)
        {
        }

        public Task SaveResumeAsync(string resumeRef, CancellationToken ct) => Task.CompletedTask;
    }
}
