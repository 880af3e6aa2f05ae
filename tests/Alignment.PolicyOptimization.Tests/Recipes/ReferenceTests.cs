using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Recipes;

/// <summary>A reference from a file, from a second model and from the policy with its adapter off says the same.</summary>
public sealed class ReferenceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("reference").FullName;

    public ReferenceTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Of_ThreeSources_AgreeAlsoAfterTheAdapterHasLearned()
    {
        var options = Options("adapter_off");
        using var scope = NewDisposeScope();
        using var tuned = TunedModel.Causal(TinyPolicy.Create(), options);
        CheckpointWriter.Save(TinyPolicy.Create(), options.Model);
        var pairs = TinyPolicy.Pairs();
        var task = DpoRecipe.Task(options, pairs, 0);
        using var off = Reference.Create(options, tuned, "base", task, TrainingFolders.In(folder), new MemoryMetrics());
        using var file = Reference.Create(Options("precomputed"), tuned, "base", task, TrainingFolders.In(folder), new MemoryMetrics());
        using var model = Reference.Create(Options("model"), tuned, "base", task, TrainingFolders.In(folder), new MemoryMetrics());
        using var run = TrainingRun.Start(options, new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), "data", "model"), TrainingFolders.In(Path.Combine(folder, "run")), new MemoryMetrics());
        DpoRecipe.Train(tuned.Model, off, pairs, options, run, 0, CancellationToken.None);
        int[] rows = [.. Enumerable.Range(0, pairs.Count)];
        var expected = file.Of(rows, ScalarType.Float64);
        foreach (var other in new[] { off, model })
        {
            var actual = other.Of(rows, ScalarType.Float64);
            Close(expected[0].ToDoubles(), actual[0].ToDoubles());
            Close(expected[1].ToDoubles(), actual[1].ToDoubles());
        }

        // The policy itself has moved away.
        var now = PairLogProbs.Of(tuned.Model, pairs, 0, new()).Sums.ToDoubles();
        Assert.Contains(now.Zip(expected[0].ToDoubles()), x => Math.Abs(x.First - x.Second) > 1e-2);
    }

    [Fact]
    public void Train_StatisticsOff_GivesTheSameWeightsToTheLastBit()
    {
        Assert.Equal(Weights(logEvery: 1), Weights(logEvery: 1000));
    }

    private double[] Weights(int logEvery)
    {
        var options = new DpoRecipeOptions { Model = Path.Combine(folder, "base"), MaxSteps = 4, BatchSize = 4, LearningRate = 2e-3, Order = "sequential", Threads = 1, LogEvery = logEvery };
        using var scope = NewDisposeScope();
        using var tuned = TunedModel.Causal(TinyPolicy.Create(), options);
        var pairs = TinyPolicy.Pairs();
        var at = TrainingFolders.In(Path.Combine(folder, $"log{logEvery}"));
        using var reference = Reference.Create(options, tuned, "base", DpoRecipe.Task(options, pairs, 0), at, new MemoryMetrics());
        using var run = TrainingRun.Start(options, new RunInputs(tuned.Trainable, options.Plan(pairs.Select(p => p.Length)), "data", "model"), at, new MemoryMetrics());
        DpoRecipe.Train(tuned.Model, reference, pairs, options, run, 0, CancellationToken.None);
        return [.. tuned.Trainable.SelectMany(t => t.Value.ToDoubles())];
    }

    private DpoRecipeOptions Options(string from) => new()
    {
        Model = Path.Combine(folder, "base"), MaxSteps = 6, BatchSize = 4, LearningRate = 1e-2, Order = "sequential", Threads = 1, ReferenceFrom = from, Tuning = new() { Method = "lora", Rank = 4 },
    };

    private static void Close(double[] expected, double[] actual)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 1e-4);
        }
    }
}
