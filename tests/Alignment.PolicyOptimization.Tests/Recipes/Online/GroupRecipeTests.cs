using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;
using Alignment.PolicyOptimization.Recipes.Group;
using Alignment.PolicyOptimization.Recipes.Online;

namespace Alignment.PolicyOptimization.Tests.Recipes.Online;

public sealed class GroupRecipeTests : IDisposable
{
    private readonly OnlineBench bench = new();

    public void Dispose() => bench.Dispose();

    [Theory]
    [InlineData("grpo", "{}")]
    [InlineData("grpo", """{"variant": "dapo"}""")]
    [InlineData("grpo", """{"variant": "dr_grpo"}""")]
    [InlineData("grpo", """{"variant": "gspo", "epsilon": 0.2, "epsilon_high": 0.2}""")]
    [InlineData("grpo", """{"variant": "cispo"}""")]
    [InlineData("grpo", """{"variant": "sapo"}""")]
    [InlineData("grpo", """{"variant": "vespo"}""")]
    [InlineData("grpo", """{"variant": "gdpo"}""")]
    [InlineData("grpo", """{"variant": "opo"}""")]
    [InlineData("grpo", """{"variant": "gpg"}""")]
    [InlineData("grpo", """{"variant": "pass_at_k"}""")]
    [InlineData("rloo", """{"samples_per_prompt": 4}""")]
    [InlineData("reinforce++", """{"samples_per_prompt": 4}""")]
    [InlineData("reinforce++", """{"samples_per_prompt": 4, "advantages": "reinforce_pp_baseline", "kl_in": "loss"}""")]
    [InlineData("remax", """{"samples_per_prompt": 4}""")]
    public void Train_ARuleAsReward_RewardRises(string method, string keys)
    {
        var metrics = new MemoryMetrics();
        Run(Options(method, keys, 40), "learn", metrics);
        var rewards = metrics.Curve("reward").Select(s => s.Value).ToList();
        Assert.True(rewards[^5..].Average() > rewards[..5].Average() + .1, $"{rewards[..5].Average()} → {rewards[^5..].Average()}");
    }

    [Theory]
    [InlineData("grpo", """{"beta": 0.05, "iterations": 2, "generation_steps": 2, "gradient_accumulation": 1, "entropy_target": 3.4, "entropy_coefficient": 0.01}""")]
    [InlineData("grpo", """{"variant": "dapo"}""")]
    [InlineData("rloo", """{"samples_per_prompt": 4, "iterations": 2}""")]
    [InlineData("reinforce++", "{}")]
    [InlineData("remax", "{}")]
    public void Train_KilledAndResumed_EqualsTheUninterruptedRun(string method, string keys)
    {
        var straight = Run(Options(method, keys, 9), "straight");
        Assert.Throws<IOException>(() => Run(Options(method, keys, 9), "killed", new FailAt(7)));
        Assert.Equal(straight, Run(Options(method, keys, 9), "killed"));
    }

    [Theory]
    [InlineData("dapo")]
    [InlineData("grpo")]
    [InlineData("dr_grpo")]
    public void Train_SplitIntoMicroBatches_GivesTheSameGradient(string loss)
    {
        MemoryMetrics whole = new(), parts = new();
        Run(Options("grpo", $$"""{"loss": "{{loss}}", "beta": 0.05, "batch_size": 16, "gradient_accumulation": 1}""", 1), "whole", whole);
        Run(Options("grpo", $$"""{"loss": "{{loss}}", "beta": 0.05, "batch_size": 4, "gradient_accumulation": 4}""", 1), "parts", parts);
        Assert.Equal(whole.Steps[0].Values["grad_norm"], parts.Steps[0].Values["grad_norm"], 1e-4);
        Assert.Equal(whole.Steps[0].Values["loss"], parts.Steps[0].Values["loss"], 1e-5);
    }

    [Fact]
    public void Train_PromptsComputedOnce_GivesTheSameNumbers()
    {
        MemoryMetrics separate = new(), shared = new();
        Run(Options("grpo", """{"prompt_layout": "separate", "beta": 0.1, "iterations": 2, "batch_size": 6}""", 4), "separate", separate);
        Run(Options("grpo", """{"prompt_layout": "shared", "beta": 0.1, "iterations": 2, "batch_size": 6}""", 4), "shared", shared);
        foreach (var name in new[] { "loss", "grad_norm", "kl", "entropy", "clip_ratio/region_mean" })
        {
            Assert.All(separate.Curve(name).Zip(shared.Curve(name)), x => Assert.Equal(x.First.Value, x.Second.Value, 1e-3));
        }
    }

    [Fact]
    public void Train_AllRewardsEqual_CountsThemAndLearnsNothing()
    {
        var metrics = new MemoryMetrics();
        using var untouched = OnlineBench.Policy();
        var before = bench.Digest(untouched);
        var after = Run(Options("grpo", "{}", 2), "equal", metrics, _ => .5);
        Assert.Equal(1, metrics.Steps[0].Values["frac_reward_zero_std"]);
        Assert.Equal(0, metrics.Steps[0].Values["grad_norm"]);
        Assert.StartsWith(before, after, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_EqualGroupsAnsweredAnew_FewerAreLeft()
    {
        MemoryMetrics once = new(), often = new();

        // One answer in a few is worth anything, so that many groups are equal.
        static double Rule(RewardItem i) => i.ResponseIds[0] % 8 == 0 ? 1 : 0;
        Run(Options("grpo", "{}", 4), "once", once, Rule);
        var straight = Run(Options("grpo", """{"resample_equal_groups": 4, "filter_equal_groups": true}""", 4), "often", often, Rule);
        Assert.True(often.Curve("frac_reward_zero_std").Average(s => s.Value) < once.Curve("frac_reward_zero_std").Average(s => s.Value));
        Assert.Contains(often.Curve("resampled_groups"), s => s.Value > 0);
        Assert.Throws<IOException>(() => Run(Options("grpo", """{"resample_equal_groups": 4, "filter_equal_groups": true}""", 4), "killed", new FailAt(4), Rule));
        Assert.Equal(straight, Run(Options("grpo", """{"resample_equal_groups": 4, "filter_equal_groups": true}""", 4), "killed", null, Rule));
    }

    [Fact]
    public void Train_ASourceThatCannotSay_GroupLeavesItOutAndOpoNamesIt()
    {
        var metrics = new MemoryMetrics();
        static double Rule(RewardItem i) => i.ResponseIds[0] % 5 == 0 ? double.NaN : i.ResponseIds.Length;
        Run(Options("grpo", "{}", 3), "group", metrics, Rule);
        Assert.All(metrics.Steps, s => Assert.True(double.IsFinite(s.Values["reward"])));
        var e = Assert.Throws<RewardException>(() => Run(Options("grpo", """{"variant": "opo"}""", 3), "opo", null, Rule));
        Assert.Contains("no score for response", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_OtherPromptsInTheBatch_DoNotChangeAResponse()
    {
        using var policy = OnlineBench.Policy();
        var options = Options("grpo", "{}", 1);
        var generator = bench.Generator(policy, options, 4);
        var alone = generator.Sample(3, [5], 0, CancellationToken.None);
        var together = generator.Sample(3, [1, 5, 9, 2], 0, CancellationToken.None).Where(t => t.Row == 5).ToList();
        Assert.Equal(alone.Select(t => string.Join(',', t.Response)), together.Select(t => string.Join(',', t.Response)));
        Assert.NotEqual(alone.Select(t => string.Join(',', t.Response)), generator.Sample(4, [5], 0, CancellationToken.None).Select(t => string.Join(',', t.Response)));
    }

    [Fact]
    public void Sample_LogProbs_AreThePolicysOwn()
    {
        using var policy = OnlineBench.Policy();
        var options = Options("grpo", """{"temperature": 0.8}""", 1);
        var trajectories = bench.Generator(policy, options, 4).Sample(0, [0, 1, 2, 3], 0, CancellationToken.None);
        using var scope = TorchSharp.torch.NewDisposeScope();
        using var none = TorchSharp.torch.no_grad();
        var width = ResponseForward.Width(trajectories);
        var now = ResponseForward.LogProbs(policy, trajectories, width, 0, new(.8)).LogProbs.ToDoubles();
        for (var i = 0; i < trajectories.Count; i++)
        {
            Assert.Equal(trajectories[i].SamplingLogProbs, now.Skip(i * width).Take(trajectories[i].Response.Length), (a, b) => Math.Abs(a - b) < 1e-4);
        }
    }

    // Every dialect runs, and says something else than the default.
    [Theory]
    [InlineData("{}", """{"std_epsilon": 0.5}""")]
    [InlineData("{}", """{"advantages": "nemo"}""")]
    [InlineData("""{"advantages": "reinforce_pp_baseline"}""", """{"advantages": "reinforce_pp_baseline", "whitening": "open_rlhf"}""")]
    [InlineData("""{"beta": 0.1, "iterations": 2}""", """{"beta": 0.1, "kl_estimator": "k2", "iterations": 2}""")]
    public void Train_Dialect_ChangesTheResult(string plain, string dialect) => Assert.NotEqual(Run(Options("grpo", plain, 2), "default"), Run(Options("grpo", dialect, 2), "dialect"));

    [Fact]
    public void Train_ReferenceSynchronised_IsTheMixtureOfStartAndPolicy()
    {
        var options = Options("grpo", """{"beta": 0.1, "reference_sync_steps": 2, "reference_mixup_alpha": 0.25}""", 3);
        TrainingRun.Prepare(options);
        using var policy = OnlineBench.Policy();
        using var reference = OnlineReference.Frozen(OnlineBench.Policy());
        using var state = new GroupState(options);
        using var start = policy.parameters().First().detach().clone();
        using var second = start.clone();
        var inputs = GroupRecipe.Inputs(options, policy.Trainable(), bench.Prompts.Select(p => p.Length), state, "data", "model") with { Companions = [.. state.Companions, .. reference.Weights] };
        using var run = TrainingRun.Start(options, inputs, bench.Folders("sync"), new AfterStep(2, () => second.copy_(policy.parameters().First().detach())));
        GroupRecipe.Train(new(policy, reference, bench.Generator(policy, options, options.SamplesPerPrompt), null, bench.Scorer(), state, 0), options, run, CancellationToken.None);
        Assert.NotEqual(start.ToDoubles(), second.ToDoubles());
        Assert.Equal(start.ToDoubles().Zip(second.ToDoubles(), (a, b) => (.75 * a) + (.25 * b)), reference.Weights[0].Value.ToDoubles(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Theory]
    [InlineData("grpo", """{"reference_sync_steps": 4}""", "with beta 0 there is none")]
    [InlineData("rloo", """{"reference_sync_steps": 4, "tuning.method": "lora"}""", "the base never changes")]
    [InlineData("rloo", """{"reference_mixup_alpha": 0.5}""", "needs reference_sync_steps")]
    [InlineData("rloo", """{"std_epsilon": 1e-6}""", "std_epsilon needs advantages: group")]
    [InlineData("grpo", """{"whitening": "trl"}""", "whitening needs advantages: reinforce_pp")]
    [InlineData("rloo", """{"kl_estimator": "k2"}""", "kl_estimator needs kl_in: loss")]
    [InlineData("grpo", """{"kl_estimator": "k2", "use_bias_correction_kl": true}""", "corrects k3")]
    [InlineData("grpo", """{"cispo_clip": "both"}""", "cispo_clip needs loss: cispo")]
    [InlineData("grpo", """{"advantages": "nemo", "scale_rewards": "batch"}""", "scale_rewards group or none")]
    [InlineData("grpo", """{"samples_per_prompt": 1}""", "compares the responses to one prompt")]
    [InlineData("grpo", """{"samples_per_prompt": 3}""", "does not divide into groups of samples_per_prompt 3")]
    [InlineData("grpo", """{"delta": 1.1}""", "must be above 1 + epsilon_high")]
    [InlineData("grpo", """{"variant": "gspoo"}""", "did you mean gspo?")]
    [InlineData("grpo", """{"advantages": "opo", "scale_rewards": "none"}""", "scale_rewards needs advantages: group")]
    [InlineData("rloo", """{"kl_in": "loss"}""", "charges the KL in the reward")]
    public void Options_Contradictory_AreRefused(string method, string keys, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => PolicyMethods.Find(method)!.Prepare(JsonNode.Parse(keys)!.AsObject()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private sealed class AfterStep(int step, Action act) : IMetricsSink
    {
        public void Step(StepMetrics metrics)
        {
            if (metrics.Step == step)
            {
                act();
            }
        }

        public void Event(RunEvent happened)
        {
        }
    }

    private string Run(GroupOptions options, string name, IMetricsSink? metrics = null, Func<RewardItem, double>? rule = null)
    {
        TrainingRun.Prepare(options);
        using var policy = OnlineBench.Policy();
        using var reference = OnlineReference.Frozen(OnlineBench.Policy());
        using var state = new GroupState(options);
        var greedy = new RolloutGenerator(policy, bench.Prompts, options.Sampling(1, [OnlineBench.End]) with { Temperature = 0 });
        var inputs = GroupRecipe.Inputs(options, policy.Trainable(), bench.Prompts.Select(p => p.Length), state, "data", "model");
        using var run = TrainingRun.Start(options, inputs, bench.Folders(name), metrics ?? new MemoryMetrics());
        GroupRecipe.Train(new(policy, reference, bench.Generator(policy, options, options.SamplesPerPrompt), greedy, bench.Scorer(rule), state, 0), options, run, CancellationToken.None);
        return bench.Digest(policy) + string.Join(',', state.Companions.Select(c => string.Join(',', c.Value.ToDoubles())));
    }

    private static GroupOptions Options(string method, string keys, int steps)
    {
        var all = JsonNode.Parse(keys)!.AsObject();
        foreach (var (key, value) in new (string, JsonNode)[]
        {
            ("max_steps", steps), ("batch_size", 8), ("gradient_accumulation", 2), ("max_new_tokens", 6), ("learning_rate", 3e-3), ("schedule", "constant"), ("save_every", 3), ("threads", 1),
        })
        {
            all.TryAdd(key, value);
        }

        if (method == "grpo")
        {
            all.TryAdd("samples_per_prompt", 4);
        }

        return (GroupOptions)PolicyMethods.Find(method)!.Prepare(all).Options;
    }
}
