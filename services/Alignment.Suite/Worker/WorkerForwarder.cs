using System.Net.Sockets;
using Yarp.ReverseProxy.Forwarder;

namespace Alignment.Suite.Worker;

/// <summary>Passes inference calls, streams included, to the worker's Unix socket; answers 503 while it is being restarted.</summary>
internal static class WorkerForwarder
{
    private static readonly string[] Routes = ["/v1/chat/completions", "/v1/completions", "/inference/{**rest}", "/evaluations/{**rest}", "/advice"];

    public static void MapWorker(this IEndpointRouteBuilder routes)
    {
        var address = routes.ServiceProvider.GetRequiredService<WorkerAddress>();
        var forwarder = routes.ServiceProvider.GetRequiredService<IHttpForwarder>();
        var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseCookies = false, AllowAutoRedirect = false,
            ConnectCallback = async (_, ct) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(address.Socket), ct);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        foreach (var route in Routes)
        {
            routes.Map(route, async (HttpContext http, WorkerStatus status) =>
            {
                var error = await forwarder.SendAsync(http, "http://worker/", client, new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromMinutes(10) });
                if (error != ForwarderError.None && !http.Response.HasStarted)
                {
                    http.Response.Headers.RetryAfter = "2";
                    await TypedResults.Problem($"The worker is {status.Current.State}{(status.Current.LastEnd is { } why ? $" after {why}" : "")}; ask again.", statusCode: 503, title: "Inference is not ready.").ExecuteAsync(http);
                }
            }).ExcludeFromDescription();
        }

        routes.MapGet("/worker", (WorkerStatus status) => status.Current).WithTags("suite").WithSummary("The worker process as its supervisor sees it.");
    }
}
