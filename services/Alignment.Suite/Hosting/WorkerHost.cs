using Alignment.ServiceDefaults;

namespace Alignment.Suite.Hosting;

/// <summary>The torch process of the embedded form: the five services that load the model core, behind a Unix socket.</summary>
internal static class WorkerHost
{
    public static WebApplication Build(string[] configuration, string socket)
    {
        var builder = WebApplication.CreateBuilder(configuration);
        builder.WebHost.ConfigureKestrel(k => k.ListenUnixSocket(socket));
        builder.AddServiceDefaults("worker");
        var app = builder.Build();
        app.MapServiceDefaults();
        return app;
    }
}
