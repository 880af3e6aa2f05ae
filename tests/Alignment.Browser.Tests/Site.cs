using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Alignment.Checkpoints;
using Alignment.Cycles;
using Alignment.Datasets;
using Alignment.Feedback;
using Alignment.ServiceDefaults;
using Alignment.Ui;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Alignment.Browser.Tests;

/// <summary>The pages and the services behind them in one process on a free port, as the Suite hosts them.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("alignment-browser-");
    private readonly WebApplication app;

    private Site()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["Alignment:Data"] = folder.FullName;
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddFeedback().AddDatasets().AddCheckpoints().AddCycles().AddUi();
        app = builder.Build();
        app.MapServiceDefaults();
        app.MapFeedback().MapDatasets().MapCheckpoints().MapCycles();
        app.MapUi();
    }

    public string Address => app.Urls.Single();

    public HttpClient Client { get; private set; } = null!;

    public static async Task<Site> StartAsync()
    {
        var site = new Site();
        await site.app.StartAsync();
        site.Client = new HttpClient { BaseAddress = new Uri(site.Address) };
        return site;
    }

    public async Task<JsonNode> PostAsync(string path, object body)
    {
        using var response = await Client.PostAsync(path, JsonContent.Create(body));
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    public async Task<JsonNode> GetAsync(string path) => JsonNode.Parse(await Client.GetStringAsync(path))!;

    /// <summary>A project whose questions have the given answers.</summary>
    public async Task<string> ProjectAsync(params (string Question, string[] Answers)[] questions)
    {
        var project = (string)(await PostAsync("/feedback/projects", new
        {
            name = $"Help desk {Guid.NewGuid().ToString("N")[..6]}", guidelines = "Prefer the **polite** one.", rubric = "1. Polite\n2. Correct", language = "en", candidatesPerTask = questions[0].Answers.Length,
        }))["id"]!;
        await PostAsync($"/feedback/projects/{project}/prompts", new { prompts = questions.Select(q => new { prompt = q.Question, candidates = q.Answers.Select(a => new { text = a, checkpoint = "sha256:secret" }) }) });
        return project;
    }

    /// <summary>Waits for nothing: the page navigates only after the judgement is stored.</summary>
    public async Task<JsonArray> JudgementsAsync(string project, string annotator) => (await GetAsync($"/feedback/projects/{project}/judgements?annotator={annotator}"))["data"]!.AsArray();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
