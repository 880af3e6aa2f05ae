using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;
using Alignment.PolicyOptimization.Recipes.Online;
using Alignment.PolicyOptimization.Recipes.OnlinePreference;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Tests.Recipes.Online;

public sealed class OnlinePreferenceTests : IDisposable
{
    private readonly OnlineBench bench = new();

    public void Dispose() => bench.Dispose();

    [Theory]
    [InlineData("online-dpo", """{"beta": 0.1}""")]
    [InlineData("online-dpo", """{"loss": "ipo", "beta": 0.3}""")]
    [InlineData("xpo", """{"beta": 0.1}""")]
    [InlineData("nash-md", """{"beta": 0.02}""")]
    public void Train_ARuleAsReward_RewardRises(string method, string keys)
    {
        var metrics = new MemoryMetrics();
        Run(Options(method, keys, 60), "learn", metrics);
        var rewards = metrics.Curve("reward").Select(s => s.Value).ToList();
        Assert.True(rewards[^10..].Average() > rewards[..10].Average() + .06, $"{rewards[..10].Average()} → {rewards[^10..].Average()}");
    }

    [Theory]
    [InlineData("online-dpo", "{}")]
    [InlineData("xpo", """{"alpha": [0.01, 0.02]}""")]
    [InlineData("nash-md", """{"mixture_coefficient": [0.5, 0.2], "beta": [0.1, 0.2]}""")]
    public void Train_KilledAndResumed_EqualsTheUninterruptedRun(string method, string keys)
    {
        var straight = Run(Options(method, keys, 9), "straight");
        Assert.Throws<IOException>(() => Run(Options(method, keys, 9), "killed", new FailAt(7)));
        Assert.Equal(straight, Run(Options(method, keys, 9), "killed"));
    }

    [Fact]
    public void Train_FirstStep_HasDposKnownLoss()
    {
        var metrics = new MemoryMetrics();
        Run(Options("online-dpo", "{}", 1), "first", metrics);
        Assert.Equal(Math.Log(2), metrics.Steps[0].Values["loss"], 1e-5);
        Assert.Equal(0, metrics.Steps[0].Values["objective/kl"], 1e-4);
    }

    [Fact]
    public void Beta_AList_HoldsOneValueAnEpoch()
    {
        var metrics = new MemoryMetrics();
        Run(Options("online-dpo", """{"beta": [0.1, 0.4]}""", 5), "list", metrics);

        // Twelve prompts, six a step: two steps an epoch.
        Assert.Equal([.1, .1, .4, .4, .4], metrics.Curve("beta").Select(b => b.Value));
    }

    [Fact]
    public void Generate_Mixture_DrawsFromBothModels()
    {
        using var policy = OnlineBench.Policy();
        using var other = OnlineBench.Policy(77);
        var prompt = bench.Prompts[3];
        var drawn = new SequenceGenerator(policy, mixture: new(other, .3)).Generate([prompt], new() { MaxNewTokens = 5, Sample = true, Seed = 9 }, cancellationToken: TestContext.Current.CancellationToken)[0];
        using var scope = NewDisposeScope();
        using var none = no_grad();
        long[] ids = [.. prompt.Concat(drawn.Ids).Select(i => (long)i)];
        Tensor Logits(ModelCore.Modules.CausalModel m) => m.Forward(tensor(ids).view(1, -1));
        var mixed = NashMdLoss.GeometricMixture(Logits(policy), Logits(other), .3).squeeze(0);
        for (var t = 0; t < drawn.Ids.Count; t++)
        {
            Assert.Equal(mixed[prompt.Length - 1 + t, drawn.Ids[t]].ToDouble(), drawn.LogProbs[t], 1e-4);
        }
    }

    [Theory]
    [InlineData("online-dpo", """{"beta": 0}""", "beta must be above 0")]
    [InlineData("nash-md", """{"mixture_coefficient": 1.5}""", "must lie in 0 … 1")]
    [InlineData("xpo", """{"los": "ipo"}""", "did you mean loss")]
    public void Options_Contradictory_AreRefused(string method, string keys, string expected)
    {
        var e = Assert.Throws<OptionsException>(() => PolicyMethods.Find(method)!.Prepare(JsonNode.Parse(keys)!.AsObject()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    private string Run(OnlinePreferenceOptions options, string name, IMetricsSink? metrics = null)
    {
        TrainingRun.Prepare(options);
        using var policy = OnlineBench.Policy();
        using var reference = OnlineReference.Frozen(OnlineBench.Policy());
        var inputs = new RunInputs(policy.Trainable(), options.Plan(bench.Prompts.Select(p => p.Length)), DataDigest.Of(bench.Prompts), "model");
        using var run = TrainingRun.Start(options, inputs, bench.Folders(name), metrics ?? new MemoryMetrics());
        var sampling = options.Sampling(1, [OnlineBench.End]);
        var other = PreferenceParts.Against(options, policy, reference, bench.Prompts, sampling, _ => default);
        OnlinePreferenceRecipe.Train(new(policy, reference, bench.Generator(policy, options, 1), other, bench.Scorer(), 0), options, run, CancellationToken.None);
        return bench.Digest(policy);
    }

    private static OnlinePreferenceOptions Options(string method, string keys, int steps)
    {
        var all = JsonNode.Parse(keys)!.AsObject();
        foreach (var (key, value) in new (string, JsonNode)[]
        {
            ("max_steps", steps), ("batch_size", 3), ("gradient_accumulation", 2), ("max_new_tokens", 6), ("learning_rate", 3e-3), ("schedule", "constant"), ("save_every", 3), ("threads", 1), ("temperature", 1),
        })
        {
            all.TryAdd(key, value);
        }

        return (OnlinePreferenceOptions)PolicyMethods.Find(method)!.Prepare(all).Options;
    }
}
