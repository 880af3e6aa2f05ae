using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Online;
using Alignment.PolicyOptimization.Recipes.Ppo;

namespace Alignment.PolicyOptimization.Tests.Recipes.Online;

public sealed class PpoRecipeTests : IDisposable
{
    private readonly OnlineBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public void Train_ARuleAsReward_ScoresRise()
    {
        var metrics = new MemoryMetrics();
        Run(Options(40), "learn", metrics);
        var scores = metrics.Curve("objective/scores").Select(s => s.Value).ToList();
        Assert.True(scores[^5..].Average() > scores[..5].Average() + .15, $"{scores[..5].Average()} → {scores[^5..].Average()}");
    }

    [Fact]
    public void Train_KilledAndResumed_EqualsTheUninterruptedRun()
    {
        var straight = Run(Options(9), "straight");
        Assert.Throws<IOException>(() => Run(Options(9), "killed", new FailAt(7)));
        Assert.Equal(straight, Run(Options(9), "killed"));
    }

    [Fact]
    public void Train_FirstPass_RatioIsOneAndKlIsZero()
    {
        var metrics = new MemoryMetrics();
        Run(Options(1, passes: 1), "first", metrics);
        var values = metrics.Steps[0].Values;
        Assert.Equal(1, values["val/ratio"], 1e-5);
        Assert.Equal(0, values["objective/kl"], 1e-4);
        Assert.Equal(0, values["policy/clipfrac_avg"]);
        Assert.Equal(24, values["episode"]);
    }

    [Fact]
    public void Train_OldLogProbsOfTheSampler_AreThePolicysOwn()
    {
        MemoryMetrics policy = new(), sampler = new();
        Run(Options(2), "policy", policy);
        Run(Options(2, old: "sampler"), "sampler", sampler);
        Assert.All(policy.Steps.Zip(sampler.Steps), s => Assert.Equal(s.First.Values["loss/policy_avg"], s.Second.Values["loss/policy_avg"], 1e-3));
        Assert.Equal(1, sampler.Steps[0].Values["val/ratio"], .2);
    }

    [Fact]
    public void Train_SplitIntoMicroBatches_GivesTheSameGradient()
    {
        MemoryMetrics whole = new(), parts = new();
        Run(Options(1, passes: 1, batch: 12, accumulation: 1), "whole", whole);
        Run(Options(1, passes: 1, batch: 3, accumulation: 4), "parts", parts);
        Assert.Equal(whole.Steps[0].Values["grad_norm"], parts.Steps[0].Values["grad_norm"], 1e-4);
    }

    [Fact]
    public void State_AdaptiveKl_FollowsTheMeasuredKlAndIsKept()
    {
        var options = new PpoOptions { KlTarget = 6, KlHorizon = 100, KlCoefficient = .2 };
        using var state = new PpoState(options);
        state.Take(new double[50], 12);

        // Ziegler et al. 2019: .2·(1 + clip(12/6 − 1, ±.2)·50/100).
        Assert.Equal(.2 * (1 + (.2 * 50 / 100)), state.KlCoefficient, 12);
    }

    [Fact]
    public void Train_ASourceThatLiesAboutItsCount_IsNamed()
    {
        var e = Assert.Throws<RewardException>(() => Run(Options(1), "lies", rewards: new RewardSet([new(new Short())])));
        Assert.Contains("reward source 'short': gave 1 scores for 24 responses", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"dual_clip": 0.5}""", "must be above 1")]
    [InlineData("""{"kl_in": "loss"}""", "has not the KL's gradient")]
    [InlineData("""{"old_log_probs": "sampler", "top_k": 5}""", "are those of the filtered distribution")]
    [InlineData("""{"kl_target": 6, "kl_coefficient": 0}""", "steers kl_coefficient")]
    [InlineData("""{"max_new_tokens": 1024}""", "must be below max_length")]
    [InlineData("""{"mini_batches": 100}""", "exceeds the 8 responses")]
    public void Options_Contradictory_AreRefused(string keys, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => OptionBinder.Bind<PpoOptions>(JsonNode.Parse(keys)!.AsObject()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private string Run(PpoOptions options, string name, IMetricsSink? metrics = null, RewardSet? rewards = null)
    {
        TrainingRun.Prepare(options);
        using var policy = OnlineBench.Policy();
        using var critic = OnlineBench.Critic();
        using var reference = OnlineReference.Frozen(OnlineBench.Policy());
        using var state = new PpoState(options);
        var scorer = rewards is null ? bench.Scorer() : new ResponseScorer(rewards, [.. bench.Prompts.Select(_ => ModelCore.Data.PromptRow.Of("-"))], _ => "");
        var inputs = PpoRecipe.Inputs(options, policy.Trainable(), critic.Trainable(), bench.Prompts.Select(p => p.Length), state, "data", "model");
        using var run = TrainingRun.Start(options, inputs, bench.Folders(name), metrics ?? new MemoryMetrics());
        PpoRecipe.Train(new(policy, critic, reference, bench.Generator(policy, options, options.SamplesPerPrompt), scorer, state, OnlineBench.Ends, 0), options, run, CancellationToken.None);
        return bench.Digest(policy, critic) + string.Join(',', state.Companions.Select(c => string.Join(',', c.Value.ToDoubles())));
    }

    private static PpoOptions Options(int steps, int passes = 2, int batch = 6, int accumulation = 2, string old = "policy") => new()
    {
        MaxSteps = steps, BatchSize = batch, GradientAccumulation = accumulation, SamplesPerPrompt = 2, PpoEpochs = passes, MiniBatches = passes, MaxNewTokens = 6, Temperature = 1, LearningRate = 3e-3,
        OldLogProbs = old, KlTarget = 3, KlHorizon = 500, ScoreScaling = passes == 1 ? "none" : "running", Schedule = "constant", SaveEvery = 3, Threads = 1,
    };

    private sealed class Short : IRewardSource
    {
        public string Name => "short";

        public IReadOnlyList<double> Score(IReadOnlyList<RewardItem> items, CancellationToken cancellation) => [1];

        public void Dispose()
        {
        }
    }
}
