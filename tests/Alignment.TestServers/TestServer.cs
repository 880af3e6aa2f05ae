using System.Collections.Concurrent;
using Alignment.Suite.Servers;

namespace Alignment.TestServers;

/// <summary>
/// Real servers for tests: started once per test process, on free ports, data under the temporary folder, stopped at the end.
/// Where a server is not installed the test is skipped with the reason; under <c>CI=true</c> it fails.
/// </summary>
public static class TestServer
{
    /// <summary>xunit.v3 reads an exception whose message starts so as a skipped test.</summary>
    private const string SkipPrefix = "$XunitDynamicSkip$";

    private static readonly Lazy<Task<PostgresServer>> SharedPostgres = new(() => StartAsync(PostgresServer.Missing(), folder => PostgresServer.StartAsync(folder, durable: false)));
    private static readonly Lazy<Task<RabbitMqServer>> SharedRabbit = new(() => StartAsync(RabbitMqServer.Missing(), folder => RabbitMqServer.StartAsync(folder)));

    private static readonly ConcurrentStack<Func<Task>> Started = new();

    public static Task<PostgresServer> PostgresAsync() => SharedPostgres.Value;

    public static Task<RabbitMqServer> RabbitMqAsync() => SharedRabbit.Value;

    /// <summary>Connection setting of a new empty PostgreSQL database.</summary>
    public static async Task<string> NewPostgresDatabaseAsync()
    {
        var server = await PostgresAsync().ConfigureAwait(false);
        var name = $"t{Guid.NewGuid():N}";
        await server.CreateDatabaseAsync(name).ConfigureAwait(false);
        return server.ConnectionString(name);
    }

    private static async Task<T> StartAsync<T>(string? missing, Func<string, Task<T>> start)
        where T : IAsyncDisposable
    {
        if (missing is not null)
        {
            throw new InvalidOperationException(Environment.GetEnvironmentVariable("CI") == "true" ? missing : SkipPrefix + missing);
        }

        var folder = Directory.CreateTempSubdirectory("alignment-server-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            // User postgres passes through to its own folder inside.
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        var server = await start(Path.Combine(folder, "data")).ConfigureAwait(false);
        Started.Push(async () =>
        {
            await server.DisposeAsync().ConfigureAwait(false);
            Directory.Delete(folder, recursive: true);
        });
        return server;
    }

    internal static async Task StopAllAsync()
    {
        while (Started.TryPop(out var stop))
        {
            await stop().ConfigureAwait(false);
        }
    }
}

/// <summary>Stops the servers after the last test: <c>[assembly: AssemblyFixture(typeof(ServerLifetime))]</c>.</summary>
public sealed class ServerLifetime : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await TestServer.StopAllAsync().ConfigureAwait(false);
}
