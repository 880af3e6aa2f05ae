using System.Diagnostics;

namespace Alignment.Suite.Servers;

/// <summary>A PostgreSQL of our own: Debian's binaries, a cluster in a folder of ours, loopback only. PostgreSQL refuses root, so root runs it as user postgres.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly ServerProcess process;

    private PostgresServer(ServerProcess process, int port) => (this.process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Why it cannot be started here, with the remedy; null when it can.</summary>
    public static string? Missing() => Binaries() is null ? "PostgreSQL is not installed (Debian/Ubuntu: apt-get install postgresql)." : null;

    /// <summary>Setting for the database <paramref name="name"/>, which <see cref="CreateDatabaseAsync"/> makes.</summary>
    public string ConnectionString(string name) => $"Host=127.0.0.1;Port={Port};Username=alignment;Database={name}";

    /// <param name="folder">Kept between starts; created when missing. Under root its parents must be readable by user postgres.</param>
    /// <param name="port">0 takes a free one.</param>
    /// <param name="durable">False trades safety against power cuts for speed: only for data nobody keeps.</param>
    public static async Task<PostgresServer> StartAsync(string folder, int port = 0, CancellationToken ct = default, bool durable = true)
    {
        var binaries = Binaries() ?? throw new InvalidOperationException(Missing());
        port = port == 0 ? ServerProcess.FreePort() : port;
        Directory.CreateDirectory(folder);
        var cluster = Path.Combine(Path.GetFullPath(folder), "cluster");
        if (!File.Exists(Path.Combine(cluster, "PG_VERSION")))
        {
            await RunAsync(ct, "chown", Environment.IsPrivilegedProcess ? ["postgres", folder] : [Environment.UserName, folder]).ConfigureAwait(false);
            await RunAsync(ct, AsServerUser($"{binaries}/initdb", "-D", cluster, "-U", "alignment", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")).ConfigureAwait(false);
        }

        var command = AsServerUser($"{binaries}/postgres", "-D", cluster, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=200", "-c", durable ? "fsync=on" : "fsync=off");
        var process = await ServerProcess.StartAsync("PostgreSQL", new(command[0], command[1..]) { WorkingDirectory = "/" },
            token => ReadyAsync(binaries, port, token), TimeSpan.FromSeconds(60), ct).ConfigureAwait(false);
        return new(process, port);
    }

    /// <summary>Makes an empty database unless it exists.</summary>
    public async Task CreateDatabaseAsync(string name, CancellationToken ct = default)
    {
        using var create = Process.Start(new ProcessStartInfo($"{Binaries()}/createdb", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "alignment", name]) { RedirectStandardError = true })!;
        var error = await create.StandardError.ReadToEndAsync(ct).ConfigureAwait(false);
        await create.WaitForExitAsync(ct).ConfigureAwait(false);
        if (create.ExitCode != 0 && !error.Contains("already exists", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"createdb {name}: {error}");
        }
    }

    /// <summary>Fast shutdown: open sessions are cut, everything committed is kept.</summary>
    public ValueTask DisposeAsync() => process.DisposeAsync();

    private static string? Binaries() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).Where(bin => File.Exists(Path.Combine(bin, "postgres"))).Max()
        : null;

    /// <summary>setpriv, unlike su, replaces itself by the server: the signal we send reaches it.</summary>
    private static string[] AsServerUser(params string[] command) => Environment.IsPrivilegedProcess
        ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", .. command]
        : command;

    private static async Task<bool> ReadyAsync(string binaries, int port, CancellationToken ct)
    {
        using var probe = Process.Start(new ProcessStartInfo($"{binaries}/pg_isready", ["-q", "-h", "127.0.0.1", "-p", $"{port}", "-d", "postgres"]))!;
        await probe.WaitForExitAsync(ct).ConfigureAwait(false);
        return probe.ExitCode == 0;
    }

    private static Task RunAsync(CancellationToken ct, string[] command) => RunAsync(ct, command[0], command[1..]);

    private static async Task RunAsync(CancellationToken ct, string file, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = "/" })!;
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var error = await process.StandardError.ReadToEndAsync(ct).ConfigureAwait(false);
        await output.ConfigureAwait(false);
        await process.WaitForExitAsync(ct).ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{file} {string.Join(' ', arguments)}: {error}");
        }
    }
}
