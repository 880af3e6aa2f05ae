using System.Text.Json.Nodes;
using Alignment.Jobs;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Native;
using Alignment.PolicyOptimization.Jobs;
using Alignment.PolicyOptimization.Methods;
using Alignment.Storage.Artifacts;

namespace Alignment.PolicyOptimization.Tests.Jobs;

/// <summary>Every method from a job row, as the service runs it.</summary>
public sealed class PolicyJobRunnerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("policy-jobs").FullName;
    private readonly FolderArtifactStore artifacts;

    public PolicyJobRunnerTests()
    {
        TorchRuntime.EnsureLoaded();
        artifacts = new(Path.Combine(folder, "artifacts"), TimeProvider.System);
    }

    public static TheoryData<string> Names() => [.. PolicyMethods.All.Select(m => m.Name)];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task RunAsync_EachMethod_GivesACheckpoint(string name)
    {
        var result = await RunAsync(name);
        Assert.True(File.Exists(Path.Combine(artifacts.PathOf((string)result["checkpoint"]!), "model.safetensors")));
        Assert.Equal(1, (int)result["metrics"]!["steps"]!);
    }

    [Fact]
    public async Task RunAsync_UnknownMethod_NamesThoseThereAre() =>
        Assert.Contains("use bco, best-of-n, cpo, dpo", (await Assert.ThrowsAsync<JobFailedException>(() => RunAsync("dpoo"))).Message, StringComparison.Ordinal);

    private async Task<JsonNode> RunAsync(string name)
    {
        var parent = artifacts.Stage("base");
        foreach (var file in Directory.GetFiles(Sample.Base))
        {
            File.Copy(file, Path.Combine(parent, Path.GetFileName(file)));
        }

        var snapshot = artifacts.Stage("snapshot");
        await File.WriteAllLinesAsync(
            Path.Combine(snapshot, "train.jsonl"), Enumerable.Range(0, 4).Select(i => $$"""{"prompt": "Pay {{i}}?", "chosen": "Open Wallet {{i}}.", "rejected": "No idea {{i}}."}"""), TestContext.Current.CancellationToken);
        var known = PolicyMethods.Find(name) is { } method ? OptionKey.Of(method.Defaults.GetType()).Select(k => k.Name).ToHashSet(StringComparer.Ordinal) : [];
        var options = new JsonObject { ["max_steps"] = 1, ["batch_size"] = 4, ["threads"] = 1, ["max_length"] = 64 };
        foreach (var (key, value) in new (string, JsonNode)[] { ("max_new_tokens", 6), ("reward.sources", "length:2..30"), ("samples_per_prompt", 2), ("long_answers", "keep"), ("drop_equal", false) })
        {
            if (known.Contains(key))
            {
                options[key] = value;
            }
        }

        var spec = new JsonObject
        {
            ["parent"] = await artifacts.CommitAsync(parent, TestContext.Current.CancellationToken), ["snapshot"] = await artifacts.CommitAsync(snapshot, TestContext.Current.CancellationToken),
            ["method"] = name, ["seed"] = 4, ["options"] = options,
        };
        var work = Directory.CreateDirectory(Path.Combine(folder, "work")).FullName;
        var outcome = await new PolicyJobRunner(artifacts).RunAsync(new JobContext("job", 1, spec.ToJsonString(), work, null, null, new NoProgress()), TestContext.Current.CancellationToken);
        return JsonNode.Parse(outcome.ResultJson)!;
    }

    private sealed class NoProgress : IJobProgress
    {
        public void Report(long step, long total, string? message)
        {
        }

        public Task SaveResumeAsync(string resumeRef, CancellationToken ct) => Task.CompletedTask;
    }
}
