using System.Security.Cryptography;
using System.Text;
using Alignment.Suite.Servers;

namespace Alignment.Suite.Hosting;

/// <summary>The database and the broker of <c>align up --distributed</c>: those that the configuration names, or our own beside the data.</summary>
internal sealed class DistributedServers : IAsyncDisposable
{
    private readonly PostgresServer? postgres;
    private readonly RabbitMqServer? rabbit;

    private DistributedServers(PostgresServer? postgres, RabbitMqServer? rabbit, string database, string bus) => (this.postgres, this.rabbit, Database, Bus) = (postgres, rabbit, database, bus);

    public string Database { get; }

    public string Bus { get; }

    /// <summary>Starts what <c>Alignment__Database</c> and <c>Alignment__Bus</c> do not name.</summary>
    /// <exception cref="InvalidOperationException">A server is missing or did not start; the message says how to get it.</exception>
    public static async Task<DistributedServers> StartAsync(string data, CancellationToken ct)
    {
        var database = Environment.GetEnvironmentVariable("Alignment__Database");
        var bus = Environment.GetEnvironmentVariable("Alignment__Bus");
        if (((database is null ? PostgresServer.Missing() : null) ?? (bus is null ? RabbitMqServer.Missing() : null)) is { } missing)
        {
            throw new InvalidOperationException($"{missing} Or name running servers in Alignment__Database and Alignment__Bus.");
        }

        PostgresServer? postgres = null;
        if (database is null)
        {
            postgres = await PostgresServer.StartAsync(PostgresFolder(data), 0, ct);
            await postgres.CreateDatabaseAsync("alignment", ct);
        }

        var rabbit = bus is null ? await RabbitMqServer.StartAsync(Path.Combine(data, "rabbitmq"), 0, ct) : null;
        return new(postgres, rabbit, database ?? postgres!.ConnectionString("alignment"), bus ?? rabbit!.Uri);
    }

    public async ValueTask DisposeAsync()
    {
        if (rabbit is not null)
        {
            await rabbit.DisposeAsync();
        }

        if (postgres is not null)
        {
            await postgres.DisposeAsync();
        }
    }

    /// <summary>Root runs PostgreSQL as user postgres, who cannot enter a private home: then the cluster lies in /var/tmp, named after the data folder.</summary>
    private static string PostgresFolder(string data)
    {
        var beside = Path.Combine(data, "postgres");
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess || Ancestors(data).All(d => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(d) & UnixFileMode.OtherExecute) != 0))
        {
            return beside;
        }

        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)))[..16];
        return Directory.CreateDirectory($"/var/tmp/alignment-{name}").FullName + "/postgres";
    }

    private static IEnumerable<string> Ancestors(string folder)
    {
        for (var d = new DirectoryInfo(folder); d is not null; d = d.Parent)
        {
            if (d.Exists)
            {
                yield return d.FullName;
            }
        }
    }
}
