using Alignment.Contracts.Messages;
using Dapper;
using Microsoft.Extensions.DependencyInjection;

namespace Alignment.Messaging.Tests.Outbox;

/// <summary>A bus in memory loses what was under way when its process died; the next start sends it again.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alignment-replay-").FullName;

    [Fact]
    public async Task Start_RowsMarkedSentButNeverHandled_AreSentAgainAndHandledOnce()
    {
        await using (var first = await StartAsync(_ => { }))
        {
            for (var i = 0; i < 20; i++)
            {
                await first.AddAsync(new JobCompleted($"j{i}", "test", null), $"j{i}");
            }

            // Nobody subscribes in this process: sent, confirmed, gone.
            await BusHost.UntilAsync(async () => await first.PendingAsync() == 0);
        }

        for (var start = 0; start < 2; start++)
        {
            await using var next = await StartAsync(services => services.AddEventHandler<JobCompleted, EffectHandler<JobCompleted>>("replay"));
            await BusHost.UntilAsync(async () => await CountAsync(next) >= 20 && await next.PendingAsync() == 0);
            Assert.Equal(20, await CountAsync(next));
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Task<BusHost> StartAsync(Action<IServiceCollection> subscribe) =>
        BusHost.StartAsync($"Data Source={folder}/r.db", "memory", folder, services => subscribe(services.AddSingleton<Switch>()));

    private static Task<long> CountAsync(BusHost host) => host.Database.ReadAsync((db, _) => db.ExecuteScalarAsync<long>("select count(*) from effects"), default);
}
