using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Tests.Adapters;
using Alignment.ModelCore.Training;

namespace Alignment.ModelCore.Tests.Training;

public sealed class PositionRoomTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("positions").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Prepare_DefaultLengthBeyondLearnedPositions_IsLoweredAndSaid()
    {
        var (options, metrics) = (Options("gpt2"), new MemoryMetrics());
        TrainingRun.Prepare(options, metrics);
        Assert.Equal(48, options.MaxLength);
        Assert.Equal("max_length_lowered", Assert.Single(metrics.Events).Name);
    }

    [Fact]
    public void Prepare_LearnedPrompt_TakesItsShareOfThePositions()
    {
        var options = Options("gpt2", new TuningOptions { Method = "prompt", VirtualTokens = 8 });
        TrainingRun.Prepare(options);
        Assert.Equal(40, options.MaxLength);
    }

    [Fact]
    public void Prepare_LengthBeyondLearnedPositions_IsRefusedByName()
    {
        var options = Options("gpt2");
        options.MaxLength = 57;
        var e = Assert.Throws<OptionsException>(() => TrainingRun.Prepare(options));
        Assert.Contains("max_length is 57", e.Message, StringComparison.Ordinal);
        Assert.Contains("48 positions", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Prepare_RotaryPositions_LeaveTheLengthAlone()
    {
        var (options, metrics) = (Options("llama"), new MemoryMetrics());
        TrainingRun.Prepare(options, metrics);
        PositionRoom.Note(options, 48, metrics);
        Assert.Equal(1024, options.MaxLength);
        Assert.Empty(metrics.Events);
        PositionRoom.Note(options, 49, metrics);
        Assert.Equal("beyond_positions", Assert.Single(metrics.Events).Name);
    }

    private AdapterCases.TestOptions Options(string family, TuningOptions? tuning = null)
    {
        File.WriteAllText(Path.Combine(folder, "config.json"), family == "gpt2" ? """{"model_type": "gpt2", "n_positions": 48}""" : """{"model_type": "llama", "max_position_embeddings": 48}""");
        return new() { Model = folder, Tuning = tuning ?? new() };
    }
}
