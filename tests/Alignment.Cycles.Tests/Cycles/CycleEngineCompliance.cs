using System.Text.Json.Nodes;
using Alignment.Contracts.Jobs;
using Alignment.Cycles.Cycles;

namespace Alignment.Cycles.Tests.Cycles;

/// <summary>Advance over stored facts, the same on both databases.</summary>
public abstract class CycleEngineCompliance(string kind) : IAsyncLifetime
{
    private static readonly string Digest = "sha256:" + new string('a', 64);
    private CyclesFixture cycles = null!;

    private static CycleConfig Config => new()
    {
        Alias = "helpdesk", Parent = Digest, Sft = new(Digest), Snapshot = new("project"), Reward = new(MinimumAccuracy: 0.6), Policy = new(), Evaluation = new(Digest),
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Advance_EveryJobSucceeds_WalksThePathAndPassesResultsOn()
    {
        var id = (await cycles.StartAsync(Config)).Id;
        await RunAsync(id, JobKinds.TrainSft, """{"checkpoint":"sft"}""");
        await RunAsync(id, JobKinds.SnapshotDataset, """{"snapshot":"snap"}""");
        await RunAsync(id, JobKinds.TrainReward, """{"checkpoint":"rm","accuracy":0.7}""");
        await RunAsync(id, JobKinds.TrainPolicy, """{"checkpoint":"child"}""");
        await RunAsync(id, JobKinds.RunEvaluation, """{"gate":{"decision":"pass","p_value":0.01}}""");
        await RunAsync(id, JobKinds.PromoteCheckpoint, "{}");
        await cycles.Engine.AdvanceAsync(id, Ct);

        Assert.Equal(["TrainingSft", "SnapshottingFeedback", "TrainingReward", "RewardGate", "OptimisingPolicy", "Evaluating", "PromotionGate", "Promoting", "Completed"], await cycles.StagesAsync(id));
        var specs = (await cycles.Jobs.ListAsync(null, null, id, null, 10, Ct)).ToDictionary(job => job.Kind, job => JsonNode.Parse(job.Spec)!);
        Assert.Equal(("sft", "snap", "rm"), ((string?)specs[JobKinds.TrainPolicy]["parent"], (string?)specs[JobKinds.TrainPolicy]["snapshot"], (string?)specs[JobKinds.TrainPolicy]["reward"]));
        Assert.Equal("child", (string?)specs[JobKinds.PromoteCheckpoint]["checkpoint"]);
        Assert.Null((await cycles.GetAsync(id)).Reason);
    }

    [Fact]
    public async Task Advance_PartsMissing_SkipsTheirStages()
    {
        var id = (await cycles.StartAsync(Config with { Sft = null, Reward = null })).Id;
        await RunAsync(id, JobKinds.SnapshotDataset, """{"snapshot":"snap"}""");
        await RunAsync(id, JobKinds.TrainPolicy, """{"checkpoint":"child"}""");
        Assert.Equal(["SnapshottingFeedback", "OptimisingPolicy", "Evaluating"], await cycles.StagesAsync(id));
    }

    [Fact]
    public async Task Advance_TwentyCallersAtOnce_OneMoveAndOneJob()
    {
        var id = (await cycles.StartAsync(Config)).Id;
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => cycles.Engine.AdvanceAsync(id, Ct))));
        Assert.Equal(["TrainingSft"], await cycles.StagesAsync(id));
        Assert.Single(await cycles.Jobs.ListAsync(null, null, id, null, 10, Ct));
    }

    [Theory]
    [InlineData("""{"checkpoint":"rm","accuracy":0.59}""", "59")]
    [InlineData("""{"checkpoint":"rm"}""", "no accuracy")]
    public async Task RewardGate_TooWeak_RejectsWithTheReason(string result, string reason)
    {
        var id = (await cycles.StartAsync(Config with { Sft = null })).Id;
        await RunAsync(id, JobKinds.SnapshotDataset, """{"snapshot":"snap"}""");
        await RunAsync(id, JobKinds.TrainReward, result);
        Assert.Equal("Rejected", (await cycles.GetAsync(id)).Stage);
        Assert.Contains(reason, (await cycles.GetAsync(id)).Reason);
    }

    [Theory]
    [InlineData("""{"gate":{"decision":"fail"}}""", "fail")]
    [InlineData("""{"gate":{"decision":"inconclusive"}}""", "inconclusive")]
    [InlineData("{}", "no gate decision")]
    public async Task PromotionGate_NotPassed_NothingIsPromoted(string result, string reason)
    {
        var id = (await cycles.StartAsync(Config with { Sft = null, Reward = null })).Id;
        await RunAsync(id, JobKinds.SnapshotDataset, """{"snapshot":"snap"}""");
        await RunAsync(id, JobKinds.TrainPolicy, """{"checkpoint":"child"}""");
        await RunAsync(id, JobKinds.RunEvaluation, result);
        Assert.Equal("Rejected", (await cycles.GetAsync(id)).Stage);
        Assert.Contains(reason, (await cycles.GetAsync(id)).Reason);
        Assert.DoesNotContain(await cycles.Jobs.ListAsync(null, null, id, null, 10, Ct), job => job.Kind == JobKinds.PromoteCheckpoint);
    }

    [Fact]
    public async Task Advance_JobFailed_CycleFailsWithItsText()
    {
        var id = (await cycles.StartAsync(Config)).Id;
        await cycles.Engine.AdvanceAsync(id, Ct);
        await cycles.EndJobAsync(id, JobKinds.TrainSft, JobStates.Failed, null, "loss is not a number at step 7");
        await cycles.Engine.AdvanceAsync(id, Ct);
        Assert.Equal("Failed", (await cycles.GetAsync(id)).Stage);
        Assert.Contains("not a number at step 7", (await cycles.GetAsync(id)).Reason);
    }

    [Fact]
    public async Task Cancel_OpenCycle_EndsItAndItsJob()
    {
        var id = (await cycles.StartAsync(Config)).Id;
        await cycles.Engine.AdvanceAsync(id, Ct);
        Assert.True(await cycles.Engine.CancelAsync(id, Ct));
        Assert.False(await cycles.Engine.CancelAsync(id, Ct));
        Assert.Equal("Canceled", (await cycles.GetAsync(id)).Stage);
        Assert.Equal(JobStates.Canceled, (await cycles.Jobs.ListAsync(null, null, id, null, 10, Ct)).Single().State);
    }

    [Fact]
    public async Task Create_SecondOpenCycleOfALine_IsRefusedUntilTheFirstEnds()
    {
        var first = await cycles.StartAsync(Config, key: "one");
        Assert.Null(await cycles.Cycles.CreateAsync("helpdesk", Config, "hand", "two", Ct));
        Assert.Equal(first.Id, (await cycles.StartAsync(Config, key: "one")).Id);
        Assert.NotNull(await cycles.Cycles.CreateAsync("other line", Config, "hand", "three", Ct));
        await cycles.Engine.CancelAsync(first.Id, Ct);
        Assert.NotNull(await cycles.Cycles.CreateAsync("helpdesk", Config, "hand", "two", Ct));
    }

    [Fact]
    public async Task List_Pages_NewestFirst()
    {
        var a = await cycles.StartAsync(Config, "a");
        cycles.Time.Now = cycles.Time.Now.AddSeconds(1);
        var b = await cycles.StartAsync(Config, "b");
        Assert.Equal([b.Id, a.Id], (await cycles.Cycles.ListAsync(null, 10, Ct)).Select(cycle => cycle.Id));
        Assert.Equal([a.Id], (await cycles.Cycles.ListAsync(b.Id, 10, Ct)).Select(cycle => cycle.Id));
    }

    public async ValueTask InitializeAsync() => cycles = await CyclesFixture.OpenAsync(kind);

    public ValueTask DisposeAsync() => cycles?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task RunAsync(string id, string job, string result)
    {
        await cycles.Engine.AdvanceAsync(id, Ct);
        await cycles.EndJobAsync(id, job, JobStates.Succeeded, result);
        await cycles.Engine.AdvanceAsync(id, Ct);
    }
}

public sealed class SqliteCycleEngineTests() : CycleEngineCompliance("sqlite");

public sealed class PostgresCycleEngineTests() : CycleEngineCompliance("postgresql");
