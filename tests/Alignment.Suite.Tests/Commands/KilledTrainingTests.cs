using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Alignment.Suite.Commands.Training;

namespace Alignment.Suite.Tests.Commands;

/// <summary><c>align train</c> killed by the operating system in the middle and started again by the same command.</summary>
public sealed class KilledTrainingTests : IDisposable
{
    private const int Steps = 12;
    private static readonly string Sample = Path.Combine(Repository(), "samples", "helpdesk");
    private readonly string folder = Directory.CreateTempSubdirectory("killed-training").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // BCO has every kind of state there is offline: weights, optimiser, schedule, data cursor, running mean.
    [Fact]
    public void Train_KilledBySignal9AndRepeated_EqualsTheUninterruptedRun()
    {
        Rows();
        using (var straight = Start("straight"))
        {
            Assert.True(straight.WaitForExit(TimeSpan.FromMinutes(5)), "the run did not end");
            Assert.Equal(0, straight.ExitCode);
        }

        using (var victim = Start("killed"))
        {
            SpinWait.SpinUntil(() => victim.HasExited || SavedSteps("killed") >= 4, TimeSpan.FromMinutes(5));
            Assert.False(victim.HasExited, "the run ended before it could be killed");
            victim.Kill();
            victim.WaitForExit();
        }

        Assert.False(File.Exists(Path.Combine(folder, "killed", "model.safetensors")));
        using var again = Start("killed");
        var said = again.StandardOutput.ReadToEnd();
        Assert.True(again.WaitForExit(TimeSpan.FromMinutes(5)), "the run did not end");
        Assert.Equal(0, again.ExitCode);
        Assert.Contains("resumed after step", said, StringComparison.Ordinal);
        Assert.Equal(Digest("straight"), Digest("killed"));
    }

    private void Rows() => File.WriteAllLines(Path.Combine(folder, "rows.jsonl"), Enumerable.Range(0, 32).Select(i => JsonSerializer.Serialize(new
    {
        prompt = $"How do I cancel order {i}?", completion = i % 2 == 0 ? "Open Purchases and choose Cancel." : "I do not know.", label = i % 2 == 0,
    })));

    private Process Start(string name)
    {
        string[] sets =
        [
            $"model={Sample}/base", $"data={folder}/rows.jsonl", "batch_size=4", $"max_steps={Steps}", "save_every=1", "threads=1", "learning_rate=1e-4",
        ];
        var start = new ProcessStartInfo("dotnet", [typeof(JobFile).Assembly.Location, "train", "bco", "--out", Path.Combine(folder, name), .. sets.SelectMany(s => new[] { "--set", s })])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    /// <summary>Steps that the run has written; every step is saved after it is written.</summary>
    private int SavedSteps(string name)
    {
        try
        {
            using var file = new StreamReader(new FileStream(Path.Combine(folder, name, "metrics.jsonl"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return file.ReadToEnd().Split('\n').Count(l => l.Contains("\"loss\"", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private string Digest(string name) => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, name, "model.safetensors"))));

    private static string Repository()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Alignment.sln")))
            {
                return d.FullName;
            }
        }

        throw new DirectoryNotFoundException("no Alignment.sln above the tests");
    }
}
