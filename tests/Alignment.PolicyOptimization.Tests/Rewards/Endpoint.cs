using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Alignment.PolicyOptimization.Tests.Rewards;

/// <summary>An HTTP endpoint on a free local port that answers what a test says.</summary>
internal sealed class Endpoint : IDisposable
{
    private readonly HttpListener listener = new();
    private readonly List<string> received = [];
    private readonly Func<int, string, (int Status, string Body)?> answer;

    /// <param name="answer">Number of the request (from 0) and its body in, status and body out; null never answers.</param>
    public Endpoint(Func<int, string, (int Status, string Body)?> answer)
    {
        this.answer = answer;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            Address = new($"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/score");
        }

        listener.Prefixes.Add($"http://127.0.0.1:{Address.Port}/");
        listener.Start();
        _ = ServeAsync();
    }

    public Uri Address { get; }

    public IReadOnlyList<string> Received => received;

    public void Dispose() => listener.Close();

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var reader = new StreamReader(context.Request.InputStream);
            var body = await reader.ReadToEndAsync();
            received.Add(body);
            if (answer(received.Count - 1, body) is not { } reply)
            {
                continue;
            }

            context.Response.StatusCode = reply.Status;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(reply.Body));
            context.Response.Close();
        }
    }
}
