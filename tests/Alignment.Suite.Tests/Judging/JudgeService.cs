using System.Text.Json.Nodes;
using Alignment.Inference;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.ServiceDefaults;
using Alignment.Storage.Artifacts;
using Alignment.Suite.Commands;
using Alignment.SupervisedFineTuning.Recipes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Alignment.Suite.Tests.Judging;

/// <summary>The inference service on a free port with two models: the help desk's base model, and one that says A to everything.</summary>
public sealed class JudgeService : IAsyncLifetime
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("judge").FullName;

    private WebApplication app = null!;

    /// <summary>Digest of the base model.</summary>
    public string Untrained { get; private set; } = "";

    public string SaysA { get; private set; } = "";

    public string Address => $"judge:{app.Urls.Single()}/v1/chat/completions";

    public async ValueTask InitializeAsync()
    {
        TorchRuntime.EnsureLoaded();
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["Alignment:Data"] = Folder;
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddInference();
        app = builder.Build();
        app.MapServiceDefaults();
        app.MapInference();
        await app.StartAsync();
        var start = Directory.CreateDirectory(Path.Combine(Folder, "start")).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "samples", "helpdesk", "base")))
        {
            File.Copy(file, Path.Combine(start, Path.GetFileName(file)));
        }

        // Room for the question; the base model counts to 256.
        var config = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(start, "config.json")))!;
        config["max_position_embeddings"] = 1024;
        await File.WriteAllTextAsync(Path.Combine(start, "config.json"), config.ToJsonString());
        (Untrained, SaysA) = (await PublishAsync(start), await PublishAsync(SayingA(start)));
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task<string> PublishAsync(string source)
    {
        var artifacts = app.Services.GetRequiredService<IArtifactStore>();
        var staged = artifacts.Stage("model");
        foreach (var file in Directory.GetFiles(source))
        {
            File.Copy(file, Path.Combine(staged, Path.GetFileName(file)));
        }

        return await artifacts.CommitAsync(staged, default);
    }

    private string SayingA(string start)
    {
        var data = Path.Combine(Folder, "a.jsonl");
        File.WriteAllLines(data, Enumerable.Range(0, 16).Select(i => $$"""{"prompt": "You compare two answers to a conversation {{i}}. [Answer A] One. [Answer B] Two. Which answer is better? Reply with one letter: A, B, or T for a tie.", "completion": "A"}"""));
        var at = TrainingFolders.In(Path.Combine(Folder, "says-a"));
        SftRecipe.Run(new() { Model = start, Data = [data], MaxSteps = 30, BatchSize = 4, LearningRate = 2e-3, MaxLength = 256, Threads = 1 }, SftReader.Read(data), at, new MemoryMetrics(), CancellationToken.None);
        return at.Checkpoint;
    }
}
