using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.BestOfN;

namespace Alignment.PolicyOptimization.Tests.Recipes.BestOfN;

/// <summary>On the help desk's base model: it has a tokenizer and a chat template, as real policies have.</summary>
public sealed class BestOfNRecipeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("best-of-n").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Run_KilledWhileSamplingAndWhileTraining_EqualsTheUninterruptedRun()
    {
        var straight = Run("straight");

        // Two prompts a call: the source fails on the third call, so four prompts are in the file.
        var failing = new Counted { FailsAt = 3 };
        Assert.Throws<RewardException>(() => Run("killed", rewards: failing));
        Assert.Throws<IOException>(() => Run("killed", new FailAt(3)));
        var asked = new Counted();
        Assert.Equal(straight.Digest, Run("killed", rewards: asked).Digest);
        Assert.Equal(0, asked.Calls);
    }

    [Fact]
    public void Run_SaysWhatItKeptAndWhatNWouldBuy()
    {
        var metrics = new MemoryMetrics();
        Run("said", metrics);
        var curve = Assert.Single(metrics.Events, e => e.Name == "order_statistics").Values;
        Assert.True(curve["best_of_1"] < curve["best_of_2"] && curve["best_of_2"] < curve["best_of_4"]);
        Assert.Equal(Math.Log(4) - 0.75, curve["kl_bound"], 12);
        var kept = Assert.Single(metrics.Events, e => e.Name == "answers_kept").Values;
        Assert.Equal((8, 32, curve["best_of_4"]), ((int)kept["kept"], (int)kept["sampled"], Math.Round(kept["kept_score"], 12) == Math.Round(curve["best_of_4"], 12) ? curve["best_of_4"] : kept["kept_score"]));
        Assert.Contains("\"best_of_n\"", File.ReadAllText(Path.Combine(folder, "said", "training.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NothingToKeep_IsNamed()
    {
        var e = Assert.Throws<DataException>(() => Run("nothing", rewards: new Counted { Score = _ => 1 }));
        Assert.Contains("no answer is left to learn from", e.Message, StringComparison.Ordinal);
    }

    private TrainingResult Run(string name, IMetricsSink? metrics = null, Counted? rewards = null)
    {
        var options = new BestOfNOptions
        {
            Model = Sample.Base, SamplesPerPrompt = 4, RolloutBatchSize = 8, MaxNewTokens = 8, LongAnswers = "keep", MaxSteps = 4, BatchSize = 2, SaveEvery = 2, LearningRate = 1e-3, Threads = 1,
        };
        return BestOfNRecipe.Run(options, [.. PromptReader.Read(Sample.Prompts).Take(8)], () => new([new(rewards ?? new Counted())]), TrainingFolders.In(Path.Combine(folder, name)), metrics ?? new MemoryMetrics(), CancellationToken.None);
    }

    private sealed class FailAt(int step) : IMetricsSink
    {
        public void Step(StepMetrics metrics)
        {
            if (metrics.Step == step)
            {
                throw new IOException("killed");
            }
        }

        public void Event(RunEvent happened)
        {
        }
    }

    private sealed class Counted : IRewardSource
    {
        public string Name => "counted";

        public int Calls { get; private set; }

        public int FailsAt { get; init; }

        public Func<RewardItem, double> Score { get; init; } = i => i.ResponseIds.Sum() + (0.001 * i.ResponseIds[0]);

        IReadOnlyList<double> IRewardSource.Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation) =>
            ++Calls == FailsAt ? throw new RewardException(Name, "is away") : [.. items.Select(Score)];

        public void Dispose()
        {
        }
    }
}
