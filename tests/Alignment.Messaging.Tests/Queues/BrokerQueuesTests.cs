using Alignment.Contracts.Messages;
using Alignment.Messaging.Queues;
using Alignment.TestServers;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Alignment.Messaging.Tests.Queues;

/// <summary>Error queues, unroutable messages and a broker that goes away, on a real RabbitMQ.</summary>
public sealed class BrokerQueuesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alignment-queues-").FullName;
    private readonly string queue = $"poison-{Guid.NewGuid():N}";
    private readonly Switch broken = new() { Broken = true };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Poison_AfterRetries_LiesInTheErrorQueueAndCanBeReplayed()
    {
        var server = await TestServer.RabbitMqAsync();
        var queues = new BrokerQueues(server.Uri);
        await using var host = await StartAsync(server.Uri);
        await host.AddAsync(new JobStarted("poison", "test", 1, null), null);
        await BusHost.UntilAsync(async () => await queues.StateAsync($"align-{queue}_error", Ct) is { Messages: 1 });

        var letter = Assert.Single(await queues.PeekAsync($"align-{queue}_error", 10, Ct));
        Assert.Equal(($"align-{queue}", "the handler is broken"), (letter.Origin, letter.Reason));
        Assert.Contains("poison", letter.Body);
        broken.Broken = false;
        await BusHost.UntilAsync(async () => await queues.ReplayAsync($"align-{queue}_error", Ct) == 1);
        await BusHost.UntilAsync(async () => await host.EffectsAsync("poison") == 1);
        Assert.Equal(0, (await queues.StateAsync($"align-{queue}_error", Ct))!.Messages);
    }

    [Fact]
    public async Task Discard_ErrorQueue_IsEmptyAfterwards()
    {
        var server = await TestServer.RabbitMqAsync();
        var queues = new BrokerQueues(server.Uri);
        await using var host = await StartAsync(server.Uri);
        await host.AddAsync(new JobStarted("poison", "test", 1, null), null);
        await BusHost.UntilAsync(async () => await queues.StateAsync($"align-{queue}_error", Ct) is { Messages: 1 });
        await BusHost.UntilAsync(async () => await queues.DiscardAsync($"align-{queue}_error", Ct) == 1);
        Assert.Null(await queues.StateAsync("align-no-such-queue", Ct));
    }

    [Fact]
    public async Task Start_FreshBroker_PolicyAndDeadLetterQueueExist()
    {
        var queues = new BrokerQueues((await TestServer.RabbitMqAsync()).Uri);
        Assert.NotNull(await queues.StateAsync(BrokerQueues.Dead, Ct));
    }

    [Fact]
    public async Task Publish_NobodySubscribes_MandatoryMessageWaitsForItsSubscriber()
    {
        // A broker of its own: elsewhere other tests subscribe to the same exchange.
        await using var server = await Suite.Servers.RabbitMqServer.StartAsync(Path.Combine(folder, "rabbit"), ct: Ct);
        await using (var alone = await StartAsync(server.Uri))
        {
            await alone.AddAsync(new JobFailed("waits", "test", null, "x"), "mandatory");
            await alone.AddAsync(new DatasetFrozen("d", "s", 1), "optional");
            await BusHost.UntilAsync(async () => await alone.PendingAsync() == 1 && await alone.Database.ReadAsync((db, _) =>
                db.ExecuteScalarAsync<long>("select count(*) from outbox where sent_at is null and tries > 0 and type = 'align:job-failed:v1'"), default) == 1);
        }

        await using var subscriber = await BusHost.StartAsync($"Data Source={folder}/q.db", server.Uri, folder, services =>
            services.AddSingleton(new Switch()).AddEventHandler<JobFailed, EffectHandler<JobFailed>>("late"));
        await BusHost.UntilAsync(async () => await subscriber.EffectsAsync("waits") == 1);
    }

    [Fact]
    public async Task Broker_StopsAndReturns_RowsWaitAndAreDelivered()
    {
        broken.Broken = false;
        var port = Suite.Servers.ServerProcess.FreePort();
        var data = Path.Combine(folder, "rabbit");
        var server = await Suite.Servers.RabbitMqServer.StartAsync(data, port, Ct);
        await using var host = await StartAsync(server.Uri);
        await host.Publisher.ReadyAsync(Ct);
        await server.DisposeAsync();
        await host.AddAsync(new JobStarted("while-away", "test", 1, null), null);
        Assert.Equal(1, await host.PendingAsync());

        server = await Suite.Servers.RabbitMqServer.StartAsync(data, port, Ct);
        await BusHost.UntilAsync(async () => await host.EffectsAsync("while-away") == 1);
        await host.DisposeAsync();
        await server.DisposeAsync();
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Task<BusHost> StartAsync(string bus) => BusHost.StartAsync($"Data Source={folder}/q.db", bus, folder, services =>
        services.AddSingleton(broken).AddEventHandler<JobStarted, EffectHandler<JobStarted>>(queue));
}
