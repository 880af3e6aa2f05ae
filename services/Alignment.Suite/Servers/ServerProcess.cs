using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Alignment.Suite.Servers;

/// <summary>A server of another product that this process starts, waits for and stops again.</summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> lastLines = new();

    private ServerProcess(Process process) => this.process = process;

    public int Id => process.Id;

    /// <summary>Starts the server and waits until <paramref name="ready"/> says so.</summary>
    /// <exception cref="InvalidOperationException">It ended or was not ready in time; the message carries its last output.</exception>
    public static async Task<ServerProcess> StartAsync(string what, ProcessStartInfo start, Func<CancellationToken, Task<bool>> ready, TimeSpan patience, CancellationToken ct)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;
        var server = new ServerProcess(new Process { StartInfo = start });
        server.process.OutputDataReceived += server.Keep;
        server.process.ErrorDataReceived += server.Keep;
        server.process.Start();
        server.process.BeginOutputReadLine();
        server.process.BeginErrorReadLine();
        var watch = Stopwatch.StartNew();
        while (!await ready(ct).ConfigureAwait(false))
        {
            if (server.process.HasExited || watch.Elapsed > patience)
            {
                var tail = string.Join(Environment.NewLine, server.lastLines);
                await server.DisposeAsync().ConfigureAwait(false);
                throw new InvalidOperationException($"{what} did not start within {patience.TotalSeconds:0} s:{Environment.NewLine}{tail}");
            }

            await Task.Delay(100, ct).ConfigureAwait(false);
        }

        return server;
    }

    /// <summary>A port of the loopback interface that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Sends bytes to a loopback port and says whether anything came back.</summary>
    public static async Task<bool> AnswersAsync(int port, ReadOnlyMemory<byte> greeting, CancellationToken ct)
    {
        try
        {
            using var client = new TcpClient();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(TimeSpan.FromSeconds(2));
            await client.ConnectAsync(IPAddress.Loopback, port, limit.Token).ConfigureAwait(false);
            var stream = client.GetStream();
            await stream.WriteAsync(greeting, limit.Token).ConfigureAwait(false);
            return await stream.ReadAsync(new byte[1], limit.Token).ConfigureAwait(false) > 0;
        }
        catch (Exception fault) when (fault is SocketException or IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Asks the server to end, then ends it with everything it started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", process.Id.ToString()]);
            await kill.WaitForExitAsync().ConfigureAwait(false);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not null)
        {
            lastLines.Enqueue(line.Data);
            while (lastLines.Count > 20)
            {
                lastLines.TryDequeue(out _);
            }
        }
    }
}
