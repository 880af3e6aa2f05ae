using Alignment.Checkpoints;
using Alignment.Cycles;
using Alignment.Datasets;
using Alignment.Feedback;
using Alignment.ServiceDefaults;
using Alignment.Suite.Worker;
using Alignment.Ui;

namespace Alignment.Suite.Hosting;

/// <summary>The web process of the embedded form: pages, APIs and coordination; no torch.</summary>
internal static class SuiteHost
{
    public static WebApplication Build(string[] configuration, string url)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = configuration, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(url);
        builder.AddServiceDefaults("suite");
        builder.AddFeedback().AddDatasets().AddCheckpoints().AddCycles().AddUi();
        builder.Services.AddHttpForwarder();
        AddWorker(builder, url);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapFeedback();
        app.MapDatasets();
        app.MapCheckpoints();
        app.MapCycles();
        app.MapWorker();
        app.MapUi();
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
