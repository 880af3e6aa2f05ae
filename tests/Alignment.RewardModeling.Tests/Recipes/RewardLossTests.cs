using System.Text.Json.Nodes;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.RewardModeling.Recipes;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Tests.Recipes;

public sealed class RewardLossTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rewards").FullName;

    public RewardLossTests() => TorchRuntime.EnsureLoaded();

    public static TheoryData<string> Kinds => ["bradley_terry", "soft_labels", "rao_kupper", "davidson", "plackett_luce", "all_pairs", "ensemble", "prm"];

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Train_KilledAndResumed_EqualsTheUninterruptedRun(string kind)
    {
        var straight = Run(kind, 10, "straight", new MemoryMetrics());
        Assert.Throws<IOException>(() => Run(kind, 10, "killed", new FailAt(7)));
        Assert.Equal(straight, Run(kind, 10, "killed", new MemoryMetrics()));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Train_LearnableRows_AccuracyRises(string kind)
    {
        var metrics = new MemoryMetrics();
        Run(kind, 40, "learn", metrics);
        Assert.True(metrics.Curve("accuracy")[^1].Value >= 0.9, $"{metrics.Curve("accuracy")[^1].Value}");
    }

    // d = 0 and η = 0.5: P(win) = P(lose) = σ(−½), the rest is a tie; the wanted shares are a win.
    [Fact]
    public void Compute_RaoKupperOfEqualScores_IsTheKnownLoss()
    {
        using var scope = NewDisposeScope();
        using var tie = new TieParameter();
        var options = new RewardOptions { Loss = "rao_kupper" };
        var loss = PairRewardLosses.Compute(zeros([1, 1]), zeros([1, 1]), [new TokenPair([1], [2], [3])], [0], options, tie.For(options));
        Assert.Equal(Math.Log(1 + Math.Exp(0.5)), loss.ToDouble(), 1e-5);
    }

    [Fact]
    public void Compute_SoftLabelsOfEvenVotes_IsLogTwoAndPullsScoresTogether()
    {
        using var scope = NewDisposeScope();
        var chosen = tensor(new[] { 1.0 }, [1, 1], requires_grad: true);
        var loss = PairRewardLosses.Compute(chosen, zeros([1, 1], ScalarType.Float64), [new TokenPair([1], [2], [3]) { VoteShare = 0.5 }], [0], new RewardOptions { Loss = "soft_labels" }, null);
        loss.backward();
        Assert.True(chosen.grad!.ToDoubles()[0] > 0);
    }

    [Fact]
    public void Takes_Heads_SeeTheirShareOfTheRows()
    {
        var options = new RewardOptions { Heads = 3, HeadShare = 0.8 };
        var seen = Enumerable.Range(0, 1000).Select(i => Enumerable.Range(0, 3).Select(h => EnsembleShare.Takes(i, h, options)).ToArray()).ToList();
        Assert.All(Enumerable.Range(0, 3), h => Assert.InRange(seen.Count(s => s[h]), 750, 850));
        Assert.Contains(seen, s => s[0] != s[1]);
    }

    [Theory]
    [InlineData("""{"loss": "davidson", "use_margins": true}""", "belongs to loss: bradley_terry")]
    [InlineData("""{"uncertainty_penalty": 1}""", "needs an ensemble")]
    public void Options_Contradictory_AreRefused(string keys, string expected) =>
        Assert.Contains(expected, Assert.Throws<OptionsException>(() => OptionBinder.Bind<RewardOptions>(JsonNode.Parse(keys)!.AsObject())).Message, StringComparison.Ordinal);

    private string Run(string kind, int steps, string name, IMetricsSink metrics)
    {
        var options = new RewardOptions
        {
            MaxSteps = steps, BatchSize = 4, LearningRate = 3e-3, Order = "sequential", SaveEvery = 4, Threads = 1, Heads = kind == "ensemble" ? 3 : 1, Loss = kind is "ensemble" or "prm" ? "bradley_terry" : kind,
        };
        TrainingRun.Prepare(options);
        using var scope = NewDisposeScope();
        using var model = ScoringModel.Create(Config(kind == "prm" ? "LlamaForTokenClassification" : "LlamaForSequenceClassification", kind switch { "prm" => 2, "ensemble" => 3, _ => 1 }), 5);
        using var tie = options.Ties is null ? null : new TieParameter();
        var folders = TrainingFolders.In(Path.Combine(folder, name));
        IReadOnlyList<(string, Tensor)> trainable = [.. model.Trainable(), .. tie is null ? [] : new[] { tie.Trainable }];
        using var run = TrainingRun.Start(options, new(trainable, options.Plan(Pairs().Select(p => p.Length)), "data", "model"), folders, metrics);
        Train(kind, model, options, run, tie);
        return run.Result(CheckpointPublication.Publish(folders, f => CheckpointWriter.Save(model, f))).Digest;
    }

    private static void Train(string kind, ScoringModel model, RewardOptions options, TrainingRun run, TieParameter? tie)
    {
        switch (kind)
        {
            case "prm":
                IReadOnlyList<StepwiseTokens> steps = [.. Pairs().Select((p, i) => new StepwiseTokens([.. p.Prompt, i % 2 == 0 ? 9 : 11, 7], [.. p.Prompt.Select(_ => -100L), -100, i % 2 == 0 ? 1 : 0]))];
                ProcessRewardRecipe.Train(model, steps, new ProcessRewardOptions(), run, 7, CancellationToken.None);
                break;
            case "plackett_luce" or "all_pairs":
                IReadOnlyList<TokenRanking> rankings = [.. Pairs().Select((p, i) => new TokenRanking(new(p.Prompt, i % 2 == 0 ? [p.Rejected, p.Chosen] : [p.Chosen, p.Rejected, [.. p.Rejected[..^1], 13, 7]]), i % 2 == 0 ? [2, 1] : [1, 2, 2]))];
                RankingRewardRecipe.Train(model, rankings, options, run, 7, CancellationToken.None);
                break;
            default:
                RewardRecipe.Train(model, Pairs(), options, run, 7, CancellationToken.None, tie);
                break;
        }
    }

    // Chosen answers hold token 9, rejected ones token 11.
    private static IReadOnlyList<TokenPair> Pairs()
    {
        var random = new Random(4);
        int[] Ids(int n) => [.. Enumerable.Range(0, n).Select(_ => random.Next(14, 60))];
        return [.. Enumerable.Range(0, 16).Select(i => new TokenPair(Ids(3 + (i % 4)), [.. Ids(i % 5), 9, 7], [.. Ids(i % 3), 11, 7]) { VoteShare = 0.9, TieShare = 0.1 })];
    }

    private static DecoderConfig Config(string architecture, int labels) => DecoderConfig.Parse($$"""
        {"model_type": "llama", "architectures": ["{{architecture}}"], "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true,
         "pad_token_id": 7, "id2label": { {{string.Join(", ", Enumerable.Range(0, labels).Select(i => $"\"{i}\": \"l{i}\""))}} } }
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
