using System.Data.Common;
using Alignment.Messaging.Bus;
using Alignment.Messaging.Outbox;
using Alignment.Storage;
using Alignment.Storage.Outbox;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Alignment.Messaging.Tests;

/// <summary>A process of the suite as the bus sees it: store, outbox, dispatcher, consumers.</summary>
internal sealed class BusHost : IAsyncDisposable
{
    private readonly IHost host;

    private BusHost(IHost host) => this.host = host;

    public IServiceProvider Services => host.Services;
    public IDatabase Database => Services.GetRequiredService<IDatabase>();
    public OutboxStore Outbox => Services.GetRequiredService<OutboxStore>();
    public IPublisher Publisher => Services.GetRequiredService<IPublisher>();

    public static async Task<BusHost> StartAsync(string database, string bus, string folder, Action<IServiceCollection> subscribe)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.AddAlignmentStorage(database, Path.Combine(folder, "artifacts"));
        builder.Services.AddAlignmentMessaging(new() { Bus = bus, Poll = TimeSpan.FromMilliseconds(50), PublishTimeout = TimeSpan.FromSeconds(5) });
        subscribe(builder.Services);
        var host = builder.Build();
        await host.StartAsync();
        var result = new BusHost(host);
        await result.Database.WriteAsync((tx, _) => tx.Connection!.ExecuteAsync("create table if not exists effects (job text not null)", transaction: tx), default);
        return result;
    }

    public Task AddAsync(object message, string? key) => Database.WriteAsync((tx, ct) =>
        Services.GetRequiredService<IEventOutbox>().AddAsync(tx, message, key, null, ct), default);

    public Task<long> EffectsAsync(string job) => Database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select count(*) from effects where job = @job", new { job }), default);

    public Task<long> PendingAsync() => Database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select count(*) from outbox where sent_at is null"), default);

    /// <summary>Asks until the answer is yes, at most 30 s.</summary>
    public static async Task UntilAsync(Func<Task<bool>> reached)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await reached())
        {
            await Task.Delay(25, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await host.StopAsync(limit.Token);
        await ((IAsyncDisposable)host).DisposeAsync();
    }
}

/// <summary>Writes one row a message; breaks while <see cref="Switch.Broken"/>.</summary>
internal sealed class EffectHandler<TMessage>(Switch broken) : IEventHandler<TMessage>
    where TMessage : class
{
    public async Task HandleAsync(TMessage message, DbTransaction transaction, CancellationToken ct)
    {
        var job = (string)typeof(TMessage).GetProperty("JobId")!.GetValue(message)!;
        await transaction.Connection!.ExecuteAsync("insert into effects (job) values (@job)", new { job }, transaction);
        if (broken.Broken)
        {
            throw new InvalidOperationException("the handler is broken");
        }
    }
}

internal sealed class Switch
{
    public bool Broken { get; set; }
}
