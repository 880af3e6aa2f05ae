using System.Diagnostics;
using System.Text.Json;

namespace Alignment.Suite.Servers;

/// <summary>
/// A RabbitMQ node of our own: Debian's binaries, data in a folder of ours, loopback only, its own Erlang port mapper.
/// Policies and the dead-letter queue come from a definitions file, so that they exist before the first client.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    private const string Binary = "/usr/lib/rabbitmq/bin/rabbitmq-server";
    private static readonly byte[] Greeting = [(byte)'A', (byte)'M', (byte)'Q', (byte)'P', 0, 0, 9, 1];
    private readonly ServerProcess process;
    private readonly int portMapper;

    private RabbitMqServer(ServerProcess process, int port, int portMapper) => (this.process, Port, this.portMapper) = (process, port, portMapper);

    public int Port { get; }

    /// <summary>Address for clients of this machine.</summary>
    public string Uri => $"amqp://guest:guest@127.0.0.1:{Port}/";

    /// <summary>Why it cannot be started here, with the remedy; null when it can.</summary>
    public static string? Missing() => File.Exists(Binary) ? null : "RabbitMQ is not installed (Debian/Ubuntu: apt-get install rabbitmq-server).";

    /// <param name="folder">Kept between starts; created when missing.</param>
    /// <param name="port">0 takes a free one.</param>
    public static async Task<RabbitMqServer> StartAsync(string folder, int port = 0, CancellationToken ct = default)
    {
        if (Missing() is { } reason)
        {
            throw new InvalidOperationException(reason);
        }

        port = port == 0 ? ServerProcess.FreePort() : port;
        var portMapper = ServerProcess.FreePort();
        folder = Directory.CreateDirectory(folder).FullName;
        var process = await ServerProcess.StartAsync("RabbitMQ", Start(folder, port, portMapper),
            token => ServerProcess.AnswersAsync(port, Greeting, token), TimeSpan.FromSeconds(90), ct).ConfigureAwait(false);
        return new(process, port, portMapper);
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync().ConfigureAwait(false);
        using var epmd = Process.Start(new ProcessStartInfo("epmd", ["-port", $"{portMapper}", "-kill"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        await epmd.WaitForExitAsync().ConfigureAwait(false);
    }

    private static ProcessStartInfo Start(string folder, int port, int portMapper)
    {
        File.WriteAllText(Path.Combine(folder, "definitions.json"), Definitions());
        File.WriteAllText(Path.Combine(folder, "rabbitmq.conf"), $"""
            listeners.tcp.local = 127.0.0.1:{port}
            load_definitions = {folder}/definitions.json
            log.console = true
            log.console.level = warning
            disk_free_limit.absolute = 50MB
            """);
        File.WriteAllText(Path.Combine(folder, "enabled_plugins"), "[].");
        var start = new ProcessStartInfo(Binary) { WorkingDirectory = folder };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            // One name for the folder's life: the data of a node belongs to its name.
            ["RABBITMQ_NODENAME"] = "alignment@localhost",
            ["RABBITMQ_NODE_PORT"] = $"{port}",
            ["RABBITMQ_DIST_PORT"] = $"{ServerProcess.FreePort()}",
            ["ERL_EPMD_PORT"] = $"{portMapper}",
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_MNESIA_BASE"] = Path.Combine(folder, "mnesia"),
            ["RABBITMQ_LOG_BASE"] = Path.Combine(folder, "log"),
            ["RABBITMQ_CONFIG_FILE"] = Path.Combine(folder, "rabbitmq"),
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = Path.Combine(folder, "enabled_plugins"),
            ["HOME"] = folder,
        })
        {
            start.Environment[name] = value;
        }

        return start;
    }

    /// <summary>
    /// Delivery limit and dead letters are a policy, not queue arguments, because arguments cannot be changed later. Without the dead-letter
    /// exchange a message at its limit would simply disappear.
    /// </summary>
    private static string Definitions() => JsonSerializer.Serialize(new
    {
        vhosts = new[] { new { name = "/" } },
        users = new[] { new { name = "guest", password = "guest", tags = "administrator" } },
        permissions = new[] { new { user = "guest", vhost = "/", configure = ".*", write = ".*", read = ".*" } },
        exchanges = new[] { new { name = "align.dead", vhost = "/", type = "fanout", durable = true, auto_delete = false, @internal = false, arguments = new { } } },
        queues = new[] { new { name = "align.dead", vhost = "/", durable = true, auto_delete = false, arguments = new Dictionary<string, object> { ["x-queue-type"] = "quorum" } } },
        bindings = new[] { new { source = "align.dead", vhost = "/", destination = "align.dead", destination_type = "queue", routing_key = "", arguments = new { } } },
        policies = new[]
        {
            new
            {
                vhost = "/", name = "align", pattern = "^align-", priority = 0, applyTo = "queues",
                definition = new Dictionary<string, object>
                {
                    ["delivery-limit"] = 10, ["dead-letter-exchange"] = "align.dead", ["dead-letter-strategy"] = "at-least-once",
                    ["overflow"] = "reject-publish", ["max-length"] = 1_000_000,
                },
            },
        },
    }).Replace("applyTo", "apply-to");
}
