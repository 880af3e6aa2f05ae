using Alignment.Suite.Commands;

namespace Alignment.Suite.Tests.Commands;

/// <summary><c>align train</c> asked to stop: it saves, says so with 130, and the same command goes on.</summary>
public sealed class InterruptedTrainingTests : IDisposable
{
    private static readonly string Base = Path.Combine(Repository.Root, "samples", "helpdesk", "base");
    private readonly string folder = Directory.CreateTempSubdirectory("interrupted-training").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Train_Signal_SavesEndsWith130AndResumes(string signal)
    {
        var ct = TestContext.Current.CancellationToken;
        var (rows, output) = (Path.Combine(folder, "rows.jsonl"), Path.Combine(folder, "run"));
        File.WriteAllLines(rows, Enumerable.Range(0, 24).Select(i => $$"""{"prompt": "How do I pay for order {{i}}?", "completion": "Open Wallet and choose Pay {{i}}."}"""));
        string[] words = ["train", "sft", .. new[] { $"model={Base}", $"data={rows}", "max_steps=300", "batch_size=4", "log_every=1", "save_every=0", "threads=1", "max_length=96" }.SelectMany(s => new[] { "--set", s }), "--out", output];

        using var stopped = TrainingProcess.Start(words);
        await stopped.SignalWhenAsync(signal, () => stopped.Said.Contains("step 2/300", StringComparison.Ordinal), ct);
        Assert.Equal(130, await stopped.EndAsync(ct));
        Assert.Contains("The state is saved", stopped.Said, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(output, "model.safetensors")));

        using var again = TrainingProcess.Start(words);
        Assert.Equal(0, await again.EndAsync(ct));
        Assert.Contains("resumed after step", again.Said, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(output, "model.safetensors")));
    }
}
