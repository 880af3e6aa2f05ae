using Alignment.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Alignment.Checkpoints.Tests;

/// <summary>The service on a free port with SQLite in a folder of its own.</summary>
public sealed class CheckpointsHost : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("checkpoints-").FullName;
    private WebApplication? app;

    public HttpClient Http { get; } = new();

    public IServiceProvider Services => app!.Services;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(["--Alignment:Data", folder]);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddCheckpoints();
        app = builder.Build();
        app.MapServiceDefaults();
        app.MapCheckpoints();
        await app.StartAsync();
        Http.BaseAddress = new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>A model folder whose content differs by <paramref name="mark"/>.</summary>
    public string ModelFolder(string mark)
    {
        var model = Directory.CreateDirectory(Path.Combine(folder, $"model-{mark}")).FullName;
        File.WriteAllText(Path.Combine(model, "config.json"), $"{{\"mark\":\"{mark}\"}}");
        File.WriteAllText(Path.Combine(model, "tokenizer.json"), "{}");
        return model;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app!.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
