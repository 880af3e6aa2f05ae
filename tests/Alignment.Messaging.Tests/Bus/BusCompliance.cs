using Alignment.Contracts.Messages;
using Alignment.Storage;
using Alignment.Storage.Signals;
using Alignment.TestServers;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Alignment.Messaging.Tests.Bus;

/// <summary>What holds on every transport and database.</summary>
public abstract class BusCompliance : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("alignment-bus-").FullName;
    private readonly string queue = $"test-{Guid.NewGuid():N}";
    private readonly Switch broken = new();
    private BusHost host = null!;

    protected string Folder => folder;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Add_Committed_HandlerWritesItsEffectOnce()
    {
        await host.AddAsync(new JobCompleted("j1", "test", null), "job-completed:j1");
        await host.AddAsync(new JobCompleted("j1", "test", null), "job-completed:j1");
        await BusHost.UntilAsync(async () => await host.EffectsAsync("j1") > 0 && await host.PendingAsync() == 0);
        Assert.Equal(1, await host.EffectsAsync("j1"));
    }

    [Fact]
    public async Task Add_RolledBack_NothingIsSent()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Database.WriteAsync<int>(async (tx, ct) =>
        {
            await host.Services.GetRequiredService<Storage.Outbox.IEventOutbox>().AddAsync(tx, new JobCompleted("lost", "test", null), null, null, ct);
            throw new InvalidOperationException();
        }, Ct));
        await host.AddAsync(new JobCompleted("after", "test", null), null);
        await BusHost.UntilAsync(async () => await host.EffectsAsync("after") == 1);
        Assert.Equal(0, await host.EffectsAsync("lost"));
    }

    [Fact]
    public async Task Publish_SameMessageTenTimes_InboxAbsorbsNine()
    {
        var id = Guid.NewGuid();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => host.Publisher.PublishAsync(new JobCompleted("dup", "test", null), typeof(JobCompleted), id, Ct)));
        await host.AddAsync(new JobCompleted("last", "test", null), null);
        await BusHost.UntilAsync(async () => await host.EffectsAsync("last") == 1 && await host.EffectsAsync("dup") == 1);
        Assert.Equal(1, await host.EffectsAsync("dup"));
    }

    [Fact]
    public async Task Dispatch_TwoDispatchersManyRows_EveryEffectOnce()
    {
        await using var second = await BusHost.StartAsync(await DatabaseAsync(), await TransportAsync(), folder, Subscribe);
        await host.Database.WriteAsync(async (tx, ct) =>
        {
            for (var i = 0; i < 300; i++)
            {
                await host.Services.GetRequiredService<Storage.Outbox.IEventOutbox>().AddAsync(tx, new JobCompleted($"many{i}", "test", null), $"many{i}", null, ct);
            }
        }, Ct);
        await BusHost.UntilAsync(async () => await CountAsync() >= 300 && await host.PendingAsync() == 0);
        Assert.Equal(300, await CountAsync());
    }

    [Fact]
    public async Task Handle_FailsOnceThenWorks_EffectIsThereOnce()
    {
        broken.Broken = true;
        await host.AddAsync(new JobCompleted("flaky", "test", null), null);
        await BusHost.UntilAsync(async () => await host.PendingAsync() == 0);
        broken.Broken = false;
        await BusHost.UntilAsync(async () => await host.EffectsAsync("flaky") == 1);
    }

    [Fact]
    public async Task JobAvailable_AnyProcess_WakesTheJobsTopic()
    {
        var wake = host.Services.GetRequiredService<IWakeSignal>();
        var waiting = wake.WaitAsync(IWakeSignal.Jobs, TimeSpan.FromMinutes(5), Ct);
        await host.AddAsync(new JobAvailable("j", "test"), null);
        await waiting.WaitAsync(TimeSpan.FromSeconds(30), Ct);
    }

    [Fact]
    public async Task Health_EverythingSent_IsConnectedWithoutBacklog()
    {
        var state = await host.Services.GetRequiredService<IBusHealth>().CheckAsync(Ct);
        Assert.True(state.Connected);
        Assert.Equal(0, state.Pending);
    }

    public async ValueTask InitializeAsync()
    {
        host = await BusHost.StartAsync(await DatabaseAsync(), await TransportAsync(), folder, Subscribe);
        await host.Publisher.ReadyAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (host is not null)
        {
            await host.DisposeAsync();
        }

        Directory.Delete(folder, recursive: true);
    }

    protected abstract Task<string> DatabaseAsync();

    protected abstract Task<string> TransportAsync();

    private void Subscribe(IServiceCollection services) => services.AddSingleton(broken).AddEventHandler<JobCompleted, EffectHandler<JobCompleted>>(queue);

    private Task<long> CountAsync() => host.Database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select count(*) from effects where job like 'many%'"), Ct);
}

public sealed class MemoryBusTests : BusCompliance
{
    protected override Task<string> DatabaseAsync() => Task.FromResult($"Data Source={Folder}/bus.db");

    protected override Task<string> TransportAsync() => Task.FromResult("memory");
}

public sealed class RabbitMqBusTests : BusCompliance
{
    private readonly Lazy<Task<string>> database = new(TestServer.NewPostgresDatabaseAsync);

    protected override Task<string> DatabaseAsync() => database.Value;

    protected override async Task<string> TransportAsync() => (await TestServer.RabbitMqAsync()).Uri;
}
