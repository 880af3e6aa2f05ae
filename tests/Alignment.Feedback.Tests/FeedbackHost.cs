using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Alignment.ServiceDefaults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Alignment.Feedback.Tests;

/// <summary>The service on a free port with a database of its own; spoken to as anybody would, over HTTP.</summary>
internal sealed class FeedbackHost : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("alignment-feedback-");
    private readonly WebApplication app;

    private FeedbackHost()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["Alignment:Data"] = folder.FullName;
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.AddFeedback();
        app = builder.Build();
        app.MapServiceDefaults();
        app.MapFeedback();
    }

    public MovableClock Clock { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public static async Task<FeedbackHost> StartAsync()
    {
        var host = new FeedbackHost();
        await host.app.StartAsync(TestContext.Current.CancellationToken);
        host.Client = new HttpClient { BaseAddress = new Uri(host.app.Urls.Single()) };
        return host;
    }

    public async Task<(int Status, JsonNode? Body)> PostAsync(string path, object body)
    {
        using var response = await Client.PostAsync(path, body is string raw ? new StringContent(raw, System.Text.Encoding.UTF8, "application/json") : JsonContent.Create(body));
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Client.GetStringAsync(path))!;

    /// <summary>A project with one task a question.</summary>
    public async Task<string> ProjectAsync(int questions = 1, int k = 2, int required = 1)
    {
        var (_, project) = await PostAsync("/feedback/projects", new { name = Guid.NewGuid().ToString("N"), guidelines = "Be kind.", rubric = "polite", language = "en", candidatesPerTask = k, judgementsPerTask = required });
        var id = (string)project!["id"]!;
        var prompts = Enumerable.Range(0, questions).Select(q => new
        {
            prompt = $"question {q}",
            candidates = Enumerable.Range(0, k).Select(i => new { text = $"answer {i}", checkpoint = $"sha256:model-{i}", sampling = new { temperature = 0.7 }, seed = i }),
        });
        var (status, _) = await PostAsync($"/feedback/projects/{id}/prompts", new { prompts });
        Assert.Equal(200, status);
        return id;
    }

    public async Task<JsonNode> NextAsync(string project, string annotator) => (await PostAsync($"/feedback/projects/{project}/tasks/next", new { annotator })).Body!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }
}

internal sealed class MovableClock : TimeProvider
{
    private TimeSpan moved;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + moved;

    public void Advance(TimeSpan by) => moved += by;
}
