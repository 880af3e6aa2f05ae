using System.Net.Sockets;
using Alignment.Storage;
using Alignment.Suite.Commands;
using Microsoft.AspNetCore.Connections;

namespace Alignment.Suite.Hosting;

/// <summary>Runs a host and turns the faults people meet at start into one sentence with a remedy.</summary>
internal static class Startup
{
    public static async Task<int> RunAsync(Func<WebApplication> build, string url, CancellationToken cancel)
    {
        try
        {
            RequirePort(url);
            await using var app = build();
            app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"Alignment is at {url} (Ctrl-C stops it)."));
            await app.RunAsync(cancel);
            return 0;
        }
        catch (Exception e) when (Explain(e, url) is { } sentence)
        {
            await Console.Error.WriteLineAsync($"align: {sentence}");
            return CodeOf(e);
        }
    }

    /// <summary>Looks before anything is built, so that a taken port ends in one sentence.</summary>
    /// <exception cref="IOException">Somebody listens there.</exception>
    public static void RequirePort(string url)
    {
        try
        {
            using var listener = new TcpListener(System.Net.IPAddress.Loopback, new Uri(url).Port);
            listener.Start();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new IOException(e.Message, new AddressInUseException(e.Message, e));
        }
    }

    /// <summary>The exit code of a fault that <see cref="Explain"/> knows: something cannot be written, or something is not to be had.</summary>
    public static int CodeOf(Exception e) => e switch
    {
        IOException { InnerException: AddressInUseException } => ExitCode.Unavailable,
        IOException or UnauthorizedAccessException => ExitCode.CannotWrite,
        _ => ExitCode.Unavailable,
    };

    /// <summary>A sentence for a known fault, or null.</summary>
    public static string? Explain(Exception e, string url) => e switch
    {
        IOException { InnerException: AddressInUseException } => $"{url} is taken by another program. Stop it, or choose another port with --port.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } => $"{url} may not be opened by this user. Choose a port above 1023 with --port.",
        UnauthorizedAccessException u => $"{u.Message} Make the folder writable, or name another with --data.",
        IOException { HResult: 28 } io => $"The disk is full: {io.Message} Free some space and start again; nothing was lost.",
        StorageException s => s.Message,
        FileNotFoundException or DirectoryNotFoundException => $"{e.Message} Name a folder that can be made with --data.",
        OperationCanceledException => null,
        _ => null,
    };
}
