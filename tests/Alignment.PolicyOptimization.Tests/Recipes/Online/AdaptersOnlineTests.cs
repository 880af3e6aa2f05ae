using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;
using Alignment.PolicyOptimization.Recipes.Group;
using Alignment.PolicyOptimization.Recipes.Online;
using Alignment.PolicyOptimization.Recipes.Ppo;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Recipes.Online;

/// <summary>Rollouts, rewards and updates with adapters: the policy generates with its adapter on, the reference is the base inside it.</summary>
public sealed class AdaptersOnlineTests : IDisposable
{
    private readonly OnlineBench bench = new();

    public void Dispose() => bench.Dispose();

    [Theory]
    [InlineData("lora rank=4", 1e-2)]
    [InlineData("dora rank=4", 1e-2)]
    [InlineData("ia3", 0.1)]
    [InlineData("prefix virtual_tokens=3", 3e-2)]
    [InlineData("prompt virtual_tokens=3", 5e-2)]
    [InlineData("p_tuning virtual_tokens=3", 1e-2)]
    [InlineData("bottleneck placement=houlsby reduction_factor=2", 1e-2)]
    public void Grpo_KilledAndResumed_LearnsAndEqualsTheUninterruptedRun(string method, double rate)
    {
        var metrics = new MemoryMetrics();
        var straight = Grpo(method, rate, "straight", metrics);
        Assert.Equal(0, metrics.Steps[0].Values["kl"], 1e-2);
        Assert.All(metrics.Steps, s => Assert.True(s.Values["grad_norm"] > 0));
        Assert.Throws<IOException>(() => Grpo(method, rate, "killed", new FailAt(7)));
        Assert.Equal(straight, Grpo(method, rate, "killed", new MemoryMetrics()));
    }

    // Responses come from the policy with its adapter on: what they were drawn with is what the loss sees.
    [Theory]
    [InlineData("lora rank=4")]
    [InlineData("prefix virtual_tokens=3")]
    [InlineData("prompt virtual_tokens=3")]
    public void Sample_WithAnAdapter_LogProbsAreThePolicysOwn(string method)
    {
        using var scope = NewDisposeScope();
        using var none = no_grad();
        var options = (GroupOptions)PolicyMethods.Find("grpo")!.Prepare(Keys(method, 1e-3)).Options;
        using var tuned = TunedModel.Causal(OnlineBench.Policy(), options);
        foreach (var (_, value) in tuned.Trainable)
        {
            value.add_(0.05);
        }

        var trajectories = bench.Generator(tuned.Model, options, 4).Sample(0, [0, 1, 2, 3], 0, CancellationToken.None);
        var width = ResponseForward.Width(trajectories);
        var now = ResponseForward.LogProbs(tuned.Model, trajectories, width, 0).LogProbs.ToDoubles();
        for (var i = 0; i < trajectories.Count; i++)
        {
            Assert.Equal(trajectories[i].SamplingLogProbs, now.Skip(i * width).Take(trajectories[i].Response.Length), (a, b) => Math.Abs(a - b) < 1e-3);
        }
    }

    [Theory]
    [InlineData("lora rank=4", 1e-2)]
    [InlineData("prefix virtual_tokens=3", 3e-2)]
    [InlineData("bottleneck reduction_factor=2", 1e-2)]
    public void Ppo_KilledAndResumed_EqualsTheUninterruptedRun(string method, double rate)
    {
        var straight = Ppo(method, rate, "straight", new MemoryMetrics());
        Assert.Throws<IOException>(() => Ppo(method, rate, "killed", new FailAt(5)));
        Assert.Equal(straight, Ppo(method, rate, "killed", new MemoryMetrics()));
    }

    private string Grpo(string method, double rate, string name, IMetricsSink metrics)
    {
        var keys = Keys(method, rate);
        keys["samples_per_prompt"] = 4;
        keys["beta"] = 0.05;
        var options = (GroupOptions)PolicyMethods.Find("grpo")!.Prepare(keys).Options;
        TrainingRun.Prepare(options);
        using var scope = NewDisposeScope();
        using var tuned = TunedModel.Causal(OnlineBench.Policy(), options);
        using var reference = OnlineReference.Open(options, tuned);
        using var state = new GroupState(options);
        var greedy = new RolloutGenerator(tuned.Model, bench.Prompts, options.Sampling(1, [OnlineBench.End]) with { Temperature = 0 });
        var inputs = GroupRecipe.Inputs(options, tuned.Trainable, bench.Prompts.Select(p => p.Length), state, "data", "model");
        using var run = TrainingRun.Start(options, inputs, bench.Folders(name), metrics);
        GroupRecipe.Train(new(tuned.Model, reference, bench.Generator(tuned.Model, options, options.SamplesPerPrompt), greedy, bench.Scorer(), state, 0), options, run, CancellationToken.None);
        return Weights(tuned.Trainable);
    }

    private string Ppo(string method, double rate, string name, IMetricsSink metrics)
    {
        var keys = Keys(method, rate);
        keys["max_steps"] = 6;
        keys["samples_per_prompt"] = 2;
        var options = OptionBinder.Bind<PpoOptions>(keys);
        TrainingRun.Prepare(options);
        using var scope = NewDisposeScope();
        using var policy = TunedModel.Causal(OnlineBench.Policy(), options);
        using var critic = TunedModel.Scoring(OnlineBench.Critic(), options);
        using var reference = OnlineReference.Open(options, policy);
        using var state = new PpoState(options);
        var inputs = PpoRecipe.Inputs(options, policy.Trainable, critic.Trainable, bench.Prompts.Select(p => p.Length), state, "data", "model");
        using var run = TrainingRun.Start(options, inputs, bench.Folders(name), metrics);
        PpoRecipe.Train(new(policy.Model, critic.Model, reference, bench.Generator(policy.Model, options, options.SamplesPerPrompt), bench.Scorer(), state, OnlineBench.Ends, 0), options, run, CancellationToken.None);
        return Weights(policy.Trainable) + Weights(critic.Trainable);
    }

    private static string Weights(IReadOnlyList<(string Name, Tensor Value)> trainable) => string.Join(';', trainable.Select(t => $"{t.Name}={string.Join(',', t.Value.ToDoubles())}"));

    private static JsonObject Keys(string words, double rate)
    {
        var split = words.Split(' ');
        var keys = new JsonObject { ["max_steps"] = 9, ["batch_size"] = 8, ["max_new_tokens"] = 6, ["learning_rate"] = rate, ["schedule"] = "constant", ["save_every"] = 3, ["threads"] = 1, ["tuning.method"] = split[0] };
        foreach (var pair in split.Skip(1).Select(w => w.Split('=', 2)))
        {
            keys["tuning." + pair[0]] = pair[1];
        }

        return keys;
    }
}
