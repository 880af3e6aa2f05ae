using System.Text.Json.Nodes;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Training;

public sealed class NonFiniteStepTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("non-finite").FullName;

    public NonFiniteStepTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // √(0·w) is 0 and its derivative ∞·0: the loss looks healthy, the gradient is NaN.
    [Fact]
    public void Update_FiniteLossWithNanGradient_ChangesNothingAndTheThirdStops()
    {
        using var weight = new TorchSharp.Modules.Parameter(ones(3));
        var metrics = new MemoryMetrics();
        using var run = Start(weight, metrics);
        for (var step = 1; step <= 3; step++)
        {
            Assert.True(run.Next(CancellationToken.None));
            Assert.Equal(0, run.Backward(() => weight.mul(zeros(3)).sqrt().sum()));
            if (step < 3)
            {
                run.Update(1, null, () => new JsonArray(1));
                continue;
            }

            var e = Assert.Throws<NonFiniteException>(() => run.Update(1, null, () => new JsonArray("the rows")));
            Assert.Equal("the rows", (string?)JsonNode.Parse(File.ReadAllText(e.BatchFile))!["rows"]![0]);
        }

        Assert.Equal([1.0, 1, 1], weight.detach().to_type(ScalarType.Float64).data<double>().ToArray());
        Assert.Equal(3, run.DroppedSteps);
        Assert.Equal([1, 2, 3], metrics.Events.Where(e => e.Name == "step_dropped").Select(e => e.Step));
    }

    [Fact]
    public void Update_AFiniteStepBetween_StartsTheCountAgain()
    {
        using var weight = new TorchSharp.Modules.Parameter(ones(3));
        using var run = Start(weight, new MemoryMetrics());
        for (var step = 1; step <= 8; step++)
        {
            Assert.True(run.Next(CancellationToken.None));
            var broken = step % 3 != 0;
            run.Backward(() => broken ? weight.mul(zeros(3)).sqrt().sum() : weight.sum());
            run.Update(1, null, () => new JsonArray(1));
        }

        Assert.Equal((8, 6), (run.StepsDone, run.DroppedSteps));
    }

    private TrainingRun Start(TorchSharp.Modules.Parameter weight, IMetricsSink metrics)
    {
        var options = new Options { MaxSteps = 9, BatchSize = 1 };
        return TrainingRun.Start(options, new RunInputs([("weight", weight)], options.Plan([1, 1, 1]), "data", "model"), TrainingFolders.In(folder), metrics);
    }

    private sealed class Options : TrainingOptions;
}
