using System.Text;
using System.Text.Json.Nodes;
using Alignment.Jobs;
using Alignment.PreferenceStore.Judgements;
using Alignment.PreferenceStore.Leases;
using Alignment.PreferenceStore.Projects;
using Alignment.PreferenceStore.Prompts;
using Alignment.PreferenceStore.Tasks;
using Alignment.ServiceDefaults;
using Alignment.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Alignment.Datasets.Tests;

public sealed class SnapshotApiTests : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("alignment-datasets-");
    private WebApplication app = null!;
    private HttpClient client = null!;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["Alignment:Data"] = folder.FullName;
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.AddDatasets();
        app = builder.Build();
        app.MapServiceDefaults();
        app.MapDatasets();
        await app.StartAsync();
        client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await app.DisposeAsync();
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Import_GoodFile_FreezesASnapshotAndTheSameAgain()
    {
        var rows = string.Concat(Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"p{{i}}","chosen":"a","rejected":"b"}""" + "\n"));
        var first = await PostAsync("/datasets/imports?kind=preference&name=demo&heldout=0.25&file=rows.jsonl", rows);
        var second = await PostAsync("/datasets/imports?kind=preference&name=demo&heldout=0.25&file=rows.jsonl", rows);
        Assert.Equal(201, first.Status);
        Assert.Equal((string)first.Body["digest"]!, (string)second.Body["digest"]!);
        Assert.Equal(40, (int)first.Body["trainRows"]! + (int)first.Body["heldoutRows"]!);
        var train = await client.GetStringAsync($"/datasets/snapshots/{first.Body["digest"]}/files/train.jsonl");
        Assert.Equal((int)first.Body["trainRows"]!, train.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Single(JsonNode.Parse(await client.GetStringAsync("/datasets/snapshots"))!.AsArray());
    }

    [Fact]
    public async Task Import_BadRows_StoresNothingAndListsThem()
    {
        var (status, body) = await PostAsync("/datasets/imports?kind=preference&name=demo&file=rows.jsonl", "{\"prompt\":\"p\"}\n");
        Assert.Equal(422, status);
        Assert.Equal("rows.jsonl:1: chosen: The field is missing. Add \"chosen\": \"…\". And 1 more.", (string)body["detail"]!);
        Assert.Equal(2, body["problems"]!.AsArray().Count);
        Assert.Empty(JsonNode.Parse(await client.GetStringAsync("/datasets/snapshots"))!.AsArray());
    }

    [Fact]
    public async Task Freeze_JudgedProject_WritesPairsOfThatProject()
    {
        var project = await JudgedProjectAsync(20);
        var (status, body) = await PostAsync("/datasets/snapshots", $$"""{"project":"{{project}}","heldout":0.2,"seed":3}""");
        Assert.Equal(201, status);
        Assert.Equal(20, (int)body["trainRows"]! + (int)body["heldoutRows"]!);
        Assert.Equal(20, (int)body["manifest"]!["judgements"]!);
        var row = JsonNode.Parse((await client.GetStringAsync($"/datasets/snapshots/{body["digest"]}/files/train.jsonl")).Split('\n')[0])!;
        Assert.Equal(("good", "bad", 1), ((string)row["chosen"]!, (string)row["rejected"]!, (int)row["n_votes"]!));
    }

    [Fact]
    public async Task Job_JudgedProject_SucceedsWithTheSnapshotInItsResult()
    {
        var project = await JudgedProjectAsync(12);
        var runner = app.Services.GetServices<IJobRunner>().Single(r => r.Kind == "datasets.snapshot");
        var outcome = await runner.RunAsync(new JobContext("job", 1, $$"""{"project":"{{project}}","batch":null,"heldout":0.25,"seed":9,"name":"helpdesk"}""", folder.FullName, null, null, new NoProgress()), default);
        var result = JsonNode.Parse(outcome.ResultJson)!;
        Assert.Equal(12, (int)result["pairs"]!);
        await app.Services.GetRequiredService<IDatabase>().WriteAsync((tx, token) => outcome.Effects!(tx, token), default);
        var view = JsonNode.Parse(await client.GetStringAsync($"/datasets/snapshots/{result["snapshot"]}"))!;
        Assert.Equal(((int)result["heldout"]!, "helpdesk"), ((int)view["heldoutRows"]!, (string)view["name"]!));
    }

    [Theory]
    [InlineData("{}", "no_project")]
    [InlineData("{", "bad_spec")]
    public async Task Job_BadSpec_FailsForGood(string spec, string code)
    {
        var runner = app.Services.GetServices<IJobRunner>().Single(r => r.Kind == "datasets.snapshot");
        var fault = await Assert.ThrowsAsync<JobFailedException>(() => runner.RunAsync(new JobContext("job", 1, spec, folder.FullName, null, null, new NoProgress()), default));
        Assert.Equal(code, fault.Code);
    }

    [Fact]
    public async Task Freeze_NothingJudged_SaysSo()
    {
        var project = await app.Services.GetRequiredService<ProjectStore>().CreateAsync(new NewProject("empty", "", "", "en"));
        var (status, body) = await PostAsync("/datasets/snapshots", $$"""{"project":"{{project!.Id}}"}""");
        Assert.Equal((422, "no-preferences"), (status, (string)body["code"]!));
    }

    private async Task<string> JudgedProjectAsync(int prompts)
    {
        var services = app.Services;
        var project = (await services.GetRequiredService<ProjectStore>().CreateAsync(new NewProject("judged", "", "", "en")))!;
        var added = await services.GetRequiredService<PromptStore>().AddAsync(project.Id, [.. Enumerable.Range(0, prompts).Select(i => new NewPrompt($"\"q{i}\""))]);
        await services.GetRequiredService<TaskStore>().OpenAsync(project.Id, "", [.. added.Select(p => new NewTask(p.Id, [new("good"), new("bad")]))]);
        for (var i = 0; i < prompts; i++)
        {
            var task = (await services.GetRequiredService<LeaseStore>().NextAsync(project.Id, "ana")).Task!;
            var best = task.Choices.Single(c => c.Text == "good").Label;
            await services.GetRequiredService<JudgementStore>().SubmitAsync(new Submission(task.TaskId, task.LeaseId, "ana", [[best], [best == "A" ? "B" : "A"]], $"k{i}"));
        }

        return project.Id;
    }

    private async Task<(int Status, JsonNode Body)> PostAsync(string path, string body)
    {
        using var response = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return ((int)response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync())!);
    }
}

internal sealed class NoProgress : IJobProgress
{
    public void Report(long step, long total, string? message)
    {
    }

    public Task SaveResumeAsync(string resumeRef, CancellationToken ct) => Task.CompletedTask;
}
