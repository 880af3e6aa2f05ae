using Alignment.ServiceDefaults;
using Yarp.ReverseProxy.Forwarder;

namespace Alignment.Suite.Hosting;

/// <summary>
/// The edge of <c>align up --distributed</c>: forwards each route to the process that serves it. In production an existing proxy does this
/// (docker/nginx.conf has the same table).
/// </summary>
internal static class DistributedHost
{
    /// <summary>The configuration of the edge and, through it, of every service.</summary>
    public static string[] Settings(string data, DistributedServers servers) =>
        ["--Alignment:Data", data, "--Alignment:Artifacts", Path.Combine(data, "artifacts"), "--Alignment:Database", servers.Database, "--Alignment:Bus", servers.Bus];

    public static WebApplication Build(string[] configuration, int port)
    {
        var builder = WebApplication.CreateBuilder(configuration);
        builder.WebHost.UseUrls($"http://localhost:{port}");
        builder.AddServiceDefaults("edge");
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton(new FleetOptions(port));
        builder.Services.AddSingleton<FleetSupervisor>();
        builder.Services.AddHostedService(s => s.GetRequiredService<FleetSupervisor>());
        var app = builder.Build();
        app.UseExceptionHandler();
        app.MapHealthChecks("/health/live");
        app.MapGet("/fleet", (FleetSupervisor fleet) => fleet.Status);
        MapMembers(app, port);
        return app;
    }

    private static void MapMembers(WebApplication app, int port)
    {
        var client = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
        var request = new ForwarderRequestConfig { ActivityTimeout = TimeSpan.FromMinutes(10) };
        foreach (var member in Fleet.Members)
        {
            foreach (var route in member.Routes)
            {
                app.Map(route, async (HttpContext http, IHttpForwarder forwarder) =>
                {
                    if (await forwarder.SendAsync(http, member.Address(port), client, request) != ForwarderError.None && !http.Response.HasStarted)
                    {
                        http.Response.Headers.RetryAfter = "2";
                        await TypedResults.Problem($"{member.Name} does not answer; it is started again. Ask again.", statusCode: 503, title: "A service is not ready.").ExecuteAsync(http);
                    }
                });
            }
        }
    }
}
