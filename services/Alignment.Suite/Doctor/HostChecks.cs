using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Alignment.ServiceDefaults;
using Alignment.Storage.Databases;

namespace Alignment.Suite.Doctor;

/// <summary>Folder, disk, port, database, broker and browser.</summary>
internal static class HostChecks
{
    private const double GiB = 1L << 30;

    public static async Task<IReadOnlyList<Finding>> RunAsync(AlignmentOptions options, int port, CancellationToken cancel) =>
        [Disk(options), Port(port), await DatabaseAsync(options, cancel), await BrokerAsync(options, cancel), Memory(),
         Program("PostgreSQL server", "the distributed form", PostgresFolders()), Program("RabbitMQ server", "the distributed form", ["/usr/sbin/rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server"])];

    private static Finding Disk(AlignmentOptions options)
    {
        var folder = Path.GetFullPath(options.Data);
        try
        {
            Directory.CreateDirectory(folder);
            var probe = Path.Combine(folder, $".doctor-{Environment.ProcessId}");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return Finding.Fail("data folder", e.Message, "Make the folder writable, or name another with --data.");
        }

        var free = new DriveInfo(folder).AvailableFreeSpace / GiB;
        var text = string.Create(CultureInfo.InvariantCulture, $"{folder} is writable, {free:F1} GiB free");
        return free < 2 ? Finding.Warn("data folder", text, "Free some space: checkpoints need a few times the model's size.") : Finding.Ok("data folder", text);
    }

    private static Finding Memory()
    {
        var total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / GiB;
        var text = string.Create(CultureInfo.InvariantCulture, $"{total:F1} GiB");
        return total < 2 ? Finding.Warn("memory", text, "The demo needs 2 GiB.") : Finding.Ok("memory", text);
    }

    private static Finding Port(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return Finding.Ok("port", $"{port} is free");
        }
        catch (SocketException)
        {
            return Finding.Warn("port", $"{port} is taken (perhaps by a running suite)", "Stop the other program, or choose another port with --port.");
        }
    }

    private static async Task<Finding> DatabaseAsync(AlignmentOptions options, CancellationToken cancel)
    {
        var kind = options.IsPostgres ? "PostgreSQL" : "SQLite";
        try
        {
            await using var database = Database.Open(options.DatabaseOrDefault, TimeProvider.System);
            await database.ReadAsync(async (connection, token) =>
            {
                await using var command = connection.CreateCommand();
                command.CommandText = "select 1";
                return await command.ExecuteScalarAsync(token);
            }, cancel);
            return Finding.Ok("database", $"{kind} answers");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return Finding.Fail("database", $"{kind}: {e.Message.Split('\n')[0]}", "Check Alignment:Database and that the server runs.");
        }
    }

    private static async Task<Finding> BrokerAsync(AlignmentOptions options, CancellationToken cancel)
    {
        if (options.Bus == "memory")
        {
            return Finding.Ok("broker", "in-memory (the embedded form needs none)");
        }

        var uri = new Uri(options.Bus);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(uri.Host, uri.IsDefaultPort || uri.Port < 0 ? 5672 : uri.Port, cancel);
            return Finding.Ok("broker", $"{uri.Host} answers");
        }
        catch (SocketException e)
        {
            return Finding.Fail("broker", $"{uri.Host}: {e.Message}", "Start RabbitMQ, or set Alignment:Bus to memory. Until then work goes on by polling.");
        }
    }

    private static Finding Program(string name, string use, IEnumerable<string> places) =>
        places.FirstOrDefault(File.Exists) is { } found ? Finding.Ok(name, found) : Finding.Warn(name, "not installed", $"Only {use} needs it: apt-get install {(name.StartsWith("Post", StringComparison.Ordinal) ? "postgresql" : "rabbitmq-server")}.");

    private static IEnumerable<string> PostgresFolders() =>
        Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin", "postgres")) : [];
}
