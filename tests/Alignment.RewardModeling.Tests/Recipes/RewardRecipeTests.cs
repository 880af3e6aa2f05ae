using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.RewardModeling.Recipes;

namespace Alignment.RewardModeling.Tests.Recipes;

public sealed class RewardRecipeTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("reward").FullName;

    public RewardRecipeTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Train_LearnablePairs_ReachesFullAccuracyFromLogTwo()
    {
        var metrics = new MemoryMetrics();
        Run(Options(40), "learn", metrics);
        Assert.InRange(metrics.Curve("loss")[0].Value, 0.6, 0.8);
        Assert.Equal(1.0, metrics.Curve("accuracy")[^1].Value);
    }

    [Fact]
    public void Train_StoppedAndResumed_EqualsTheUninterruptedRun()
    {
        var straight = Run(Options(10), "straight");
        Assert.Throws<IOException>(() => Run(Options(10), "killed", new FailAt(7)));
        Assert.Equal(straight, Run(Options(10), "killed"));
    }

    [Fact]
    public void Train_Accumulated_EqualsTheLargeBatch()
    {
        MemoryMetrics whole = new(), parts = new();
        Run(Options(3, 8, 1), "whole", whole);
        Run(Options(3, 2, 4), "parts", parts);
        Assert.All(whole.Curve("grad_norm").Zip(parts.Curve("grad_norm")), x => Assert.Equal(x.First.Value, x.Second.Value, 1e-4));
    }

    // The padding id is also a token of the rows: scores must still be read at each row's own end.
    [Fact]
    public void Scores_PaddedBatch_EqualEachRowAlone()
    {
        using var model = ScoringModel.Create(Config(), 5);
        using var scope = TorchSharp.torch.NewDisposeScope();
        var pairs = Pairs();
        var together = RewardRecipe.Scores(model, pairs, padId: 7).Chosen.ToDoubles();
        for (var i = 0; i < pairs.Count; i++)
        {
            Assert.Equal(RewardRecipe.Scores(model, [pairs[i]], padId: 7).Chosen.ToDoubles()[0], together[i], 1e-5);
        }
    }

    private string Run(RewardOptions options, string name, IMetricsSink? metrics = null)
    {
        TrainingRun.Prepare(options);
        using var model = ScoringModel.Create(Config(), 5);
        var pairs = Pairs();
        var folders = TrainingFolders.In(Path.Combine(folder, name));
        var inputs = new RunInputs(model.Trainable(), options.Plan(pairs.Select(p => p.Length)), DataDigest.Of(pairs), "base");
        using var run = TrainingRun.Start(options, inputs, folders, metrics ?? new MemoryMetrics());
        RewardRecipe.Train(model, pairs, options, run, 7, CancellationToken.None);
        return run.Result(CheckpointPublication.Publish(folders, f => CheckpointWriter.Save(model, f))).Digest;
    }

    private static RewardOptions Options(int steps, int batch = 4, int accumulation = 1) => new()
    {
        MaxSteps = steps, BatchSize = batch, GradientAccumulation = accumulation, LearningRate = 3e-3, Order = "sequential", SaveEvery = 4, Threads = 1,
    };

    // Chosen answers hold token 9, rejected ones token 11.
    private static List<TokenPair> Pairs()
    {
        var random = new Random(4);
        int[] Ids(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Next(12, 60))];
        return [.. Enumerable.Range(0, 16).Select(i => new TokenPair(Ids(3 + (i % 4)), [.. Ids(i % 5), 9, 7], [.. Ids(i % 3), 11, 7]))];
    }

    private static DecoderConfig Config() => DecoderConfig.Parse("""
        {"model_type": "llama", "architectures": ["LlamaForSequenceClassification"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true,
         "pad_token_id": 7, "id2label": {"0": "score"}}
        """);

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
}
