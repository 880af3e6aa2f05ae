using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Alignment.EndToEnd.Tests;

/// <summary>One whole cycle, undisturbed, killed in every stage, with its worker killed, and over RabbitMQ and PostgreSQL: always the same checkpoint.</summary>
public sealed class DemoTests(UndisturbedDemo undisturbed) : IClassFixture<UndisturbedDemo>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Each stage is killed after the one before it is done.</summary>
    private static readonly string[] StagesDone = ["TrainingSft", "GeneratingCandidates", "CollectingFeedback", "SnapshottingFeedback", "RewardGate", "OptimisingPolicy"];

    [Fact]
    public void Demo_Undisturbed_ReportsEveryNumber()
    {
        var report = undisturbed.Report;
        Assert.Contains(report.GetProperty("gate").GetProperty("decision").GetString(), (string[])["pass", "fail", "inconclusive"]);
        Assert.InRange(report.GetProperty("gate").GetProperty("p_value").GetDouble(), 0, 1);
        Assert.InRange(report.GetProperty("win_rate").GetProperty("estimate").GetDouble(), 0, 1);
        Assert.InRange(report.GetProperty("reward_model").GetProperty("accuracy").GetDouble(), 0, report.GetProperty("reward_model").GetProperty("ceiling").GetDouble());
        Assert.True(report.GetProperty("perplexity").GetProperty("before").GetDouble() > 1);
        Assert.StartsWith("sha256:", report.GetProperty("checkpoint").GetProperty("digest").GetString());
        Assert.True(report.GetProperty("peak_rss_bytes").GetInt64() > 100 << 20);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(undisturbed.Data, "report.html")));
    }

    [Fact]
    public void Demo_KilledInEveryStage_GivesTheSameCheckpoint()
    {
        using var folder = new TemporaryFolder();
        foreach (var stage in StagesDone)
        {
            using var demo = DemoProcess.Start(folder.Path);
            if (demo.WaitForStage(stage, Patience))
            {
                demo.KillAll();
            }
        }

        using var last = DemoProcess.Start(folder.Path);
        var code = last.WaitForEnd(Patience);
        Assert.True(code is 0 or 3, last.Output);
        Assert.Equal(undisturbed.Digest, Digest(folder.Path));
    }

    [Fact]
    public async Task Demo_WorkerKilled_FormKeepsAnsweringAndTheCheckpointIsTheSame()
    {
        using var folder = new TemporaryFolder();
        using var demo = DemoProcess.Start(folder.Path);
        Assert.True(demo.WaitForStage("TrainingSft", Patience), demo.Output);
        using var http = new HttpClient { BaseAddress = demo.Address };
        var worker = (await http.GetFromJsonAsync<JsonElement>("worker", TestContext.Current.CancellationToken)).GetProperty("processId").GetInt32();
        using (var victim = Process.GetProcessById(worker))
        {
            victim.Kill();
        }

        foreach (var path in (string[])["feedback/projects", "health/live", "cycles"])
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(path, TestContext.Current.CancellationToken)).StatusCode);
        }

        Assert.True(demo.WaitForEnd(Patience) is 0 or 3, demo.Output);
        Assert.Equal(undisturbed.Digest, Digest(folder.Path));
    }

    [Fact]
    public async Task Demo_OverRabbitMqAndPostgres_WithATrainerKilled_GivesTheSameCheckpoint()
    {
        await TestServers.TestServer.PostgresAsync();
        await TestServers.TestServer.RabbitMqAsync();
        using var folder = new TemporaryFolder();
        using var demo = DemoProcess.Start(folder.Path, "--distributed");
        Assert.True(demo.WaitForStage("SnapshottingFeedback", Patience), demo.Output);
        using var http = new HttpClient { BaseAddress = demo.Address };
        var fleet = await http.GetFromJsonAsync<JsonElement>("fleet", TestContext.Current.CancellationToken);
        using (var victim = Process.GetProcessById(fleet.GetProperty("RewardModeling").GetProperty("processId").GetInt32()))
        {
            victim.Kill();
        }

        Assert.True(demo.WaitForEnd(Patience) is 0 or 3, demo.Output);
        Assert.Equal(undisturbed.Digest, Digest(folder.Path));
    }

    private static string? Digest(string data) => DemoProcess.Report(data).GetProperty("checkpoint").GetProperty("digest").GetString();
}

/// <summary>The run that the others are held against.</summary>
public sealed class UndisturbedDemo : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public UndisturbedDemo()
    {
        using var demo = DemoProcess.Start(folder.Path);
        var code = demo.WaitForEnd(TimeSpan.FromMinutes(5));
        Assert.True(code is 0 or 3, demo.Output);
        Report = DemoProcess.Report(folder.Path);
    }

    public string Data => folder.Path;

    public JsonElement Report { get; }

    public string? Digest => Report.GetProperty("checkpoint").GetProperty("digest").GetString();

    public void Dispose() => folder.Dispose();
}

/// <summary>A folder that goes away with the test; user postgres may pass through.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, File.GetUnixFileMode(Path) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("alignment-demo-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
