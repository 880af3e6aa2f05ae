using Alignment.Checkpoints;
using Alignment.ServiceDefaults;
using Alignment.Suite.Worker;

namespace Alignment.Suite.Hosting;

/// <summary>The web process of the embedded form: pages, APIs and coordination; no torch.</summary>
internal static class SuiteHost
{
    public static WebApplication Build(string[] configuration, string url)
    {
        var builder = WebApplication.CreateBuilder(configuration);
        builder.WebHost.UseUrls(url);
        builder.AddServiceDefaults("suite");
        builder.AddCheckpoints();
        builder.Services.AddHttpForwarder();
        AddWorker(builder, url);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapCheckpoints();
        app.MapWorker();
        return app;
    }

    private static void AddWorker(WebApplicationBuilder builder, string url)
    {
        var options = builder.Configuration.GetSection(AlignmentOptions.SectionName).Get<AlignmentOptions>() ?? new();
        var run = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(options.Data), "run"));
        builder.Services.AddSingleton(new WorkerAddress(WorkerSocket.Path(run.FullName), url));
        builder.Services.AddSingleton<WorkerStatus>();
        builder.Services.AddHostedService<WorkerSupervisor>();
    }
}
