using System.Diagnostics;
using Alignment.Contracts.Jobs;
using Alignment.TestServers;

namespace Alignment.Faults.Tests.Kill;

/// <summary>
/// Three whole processes work on cycles while one after another is killed or frozen at a random moment. In the end every cycle has made exactly its
/// moves, every job has exactly one effect and the consumer has handled exactly one message a job.
/// </summary>
public sealed class KillTests
{
    private const int CycleCount = 8;
    private const int JobsOfACycle = 6;
    private const int MovesOfACycle = 9;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Chaos = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Embedded_SqliteAndMemoryBus_EveryEffectExactlyOnce() => await RunAsync(null, "memory");

    [Fact]
    public async Task Distributed_PostgresAndRabbitMq_EveryEffectExactlyOnce() =>
        await RunAsync(await TestServer.NewPostgresDatabaseAsync(), (await TestServer.RabbitMqAsync()).Uri);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Frozen_SuccessorFinished_ZombieIsFencedWhenItWakes(string kind)
    {
        await using var scene = await Scene.OpenAsync(kind == "sqlite" ? null : await TestServer.NewPostgresDatabaseAsync(), "memory", Lease);
        await scene.ExecuteAsync($$$"""insert into jobs (id, kind, spec, idem_key, state, due_at, created_at) values ('j', '{{{JobKinds.TrainPolicy}}}', '{"options":{"steps":60}}', 'k', 'queued', 0, 0)""");
        var zombie = scene.StartChild();
        await scene.UntilAsync("select progress_step from jobs", step => step >= 4, Patience);
        await scene.FreezeAsync(zombie);
        scene.StartChild();
        await scene.UntilAsync("select count(*) from jobs where state = 'succeeded' and attempt = 2", count => count == 1, Patience);
        Assert.Equal(1, await scene.ScalarAsync<long>("select count(*) from effects"));
        zombie.Signal("CONT");
        var watch = Stopwatch.StartNew();
        while (!zombie.Output.Contains("was fenced", StringComparison.Ordinal))
        {
            Assert.True(watch.Elapsed < Patience, zombie.Output);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, await scene.ScalarAsync<long>("select attempt from effects"));
        Assert.Equal(1, await scene.ScalarAsync<long>("select count(*) from effects"));
        Assert.Equal("crashed", await scene.ScalarAsync<string>("select outcome from job_attempts where attempt = 1"));
    }

    private static async Task RunAsync(string? database, string bus)
    {
        await using var scene = await Scene.OpenAsync(database, bus, Lease);
        for (var i = 0; i < CycleCount; i++)
        {
            await scene.AddCycleAsync(i);
        }

        for (var i = 0; i < 3; i++)
        {
            scene.StartChild();
        }

        // Chaos starts when there is work to disturb.
        await scene.UntilAsync("select count(*) from job_attempts", count => count > 2, Patience);
        var (kills, stops) = await DisturbAsync(scene);
        await scene.UntilAsync("select count(*) from cycles where stage = 'Completed'", count => count == CycleCount, Patience);
        await scene.UntilAsync("select count(distinct job) from ledger", count => count == CycleCount * JobsOfACycle, Patience);

        Assert.True(kills > 0 && stops > 0, $"{kills} kills, {stops} stops");
        Assert.Equal(CycleCount * JobsOfACycle, await scene.ScalarAsync<long>("select count(*) from jobs where state = 'succeeded'"));
        Assert.Equal(CycleCount * JobsOfACycle, await scene.ScalarAsync<long>("select count(*) from jobs"));
        Assert.Equal(CycleCount * JobsOfACycle, await scene.ScalarAsync<long>("select count(*) from effects"));
        Assert.Equal(CycleCount * JobsOfACycle, await scene.ScalarAsync<long>("select count(distinct job) from effects"));
        Assert.Equal(CycleCount * JobsOfACycle, await scene.ScalarAsync<long>("select count(*) from ledger"));
        Assert.Equal(CycleCount * MovesOfACycle, await scene.ScalarAsync<long>("select count(*) from cycle_events"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{kills} kills, {stops} stops, {await scene.ScalarAsync<long>("select count(*) from job_attempts where outcome = 'crashed'")} crashed attempts");
    }

    private static async Task<(int Kills, int Stops)> DisturbAsync(Scene scene)
    {
        var random = new Random(20261123);
        var (kills, stops) = (0, 0);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < Chaos;)
        {
            var victim = scene.Children[random.Next(scene.Children.Count)];
            if (random.Next(3) > 0)
            {
                victim.Signal("KILL");
                scene.Replace(victim);
                kills++;
                await Task.Delay(random.Next(300, 2000), TestContext.Current.CancellationToken);
            }
            else
            {
                victim.Signal("STOP");
                stops++;
                await Task.Delay(Lease + TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
                victim.Signal("CONT");
            }
        }

        return (kills, stops);
    }
}
