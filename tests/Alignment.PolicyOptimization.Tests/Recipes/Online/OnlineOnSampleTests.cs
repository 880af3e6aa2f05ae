using System.Text.Json.Nodes;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Data;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Native;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Methods;

namespace Alignment.PolicyOptimization.Tests.Recipes.Online;

/// <summary>Every online method from a job file's keys on the sample's base model, in full and with an adapter whose base is the reference.</summary>
public sealed class OnlineOnSampleTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("online-sample").FullName;

    public OnlineOnSampleTests() => TorchRuntime.EnsureLoaded();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("ppo", "lora", """{"ppo_epochs": 2, "mini_batches": 2}""")]
    [InlineData("grpo", "lora", """{"samples_per_prompt": 4, "beta": 0.05, "iterations": 2}""")]
    [InlineData("grpo", "prefix", """{"samples_per_prompt": 4, "prompt_layout": "shared"}""")]
    [InlineData("rloo", "lora", "{}")]
    [InlineData("reinforce++", "lora", "{}")]
    [InlineData("remax", "full", "{}")]
    [InlineData("online-dpo", "lora", "{}")]
    [InlineData("xpo", "lora", "{}")]
    [InlineData("nash-md", "lora", "{}")]
    public void Train_KilledAndResumed_WritesTheSameCheckpoint(string method, string tuning, string keys)
    {
        var straight = Run(method, tuning, keys, "straight", new MemoryMetrics());
        Assert.Throws<IOException>(() => Run(method, tuning, keys, "killed", new FailAt(3)));
        Assert.Equal(straight, Run(method, tuning, keys, "killed", new MemoryMetrics()));
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("full")]
    public void Train_FirstStep_ReferenceIsTheStart(string tuning)
    {
        var metrics = new MemoryMetrics();
        Run("rloo", tuning, """{"max_steps": 1}""", tuning, metrics);
        Assert.Equal(0, metrics.Steps[0].Values["kl_per_token"], 1e-5);
    }

    [Fact]
    public void Train_PromptsLongerThanTheWindow_AreNamedOrDropped()
    {
        var e = Assert.Throws<DataException>(() => Run("rloo", "full", """{"max_length": 30, "max_new_tokens": 16}""", "long", new MemoryMetrics()));
        Assert.Contains("and max_length 30 less max_new_tokens 16 leaves 14", e.Message, StringComparison.Ordinal);
        Assert.Contains("long_prompts: drop", e.Message, StringComparison.Ordinal);
        var metrics = new MemoryMetrics();
        Run("rloo", "full", """{"max_length": 40, "max_new_tokens": 16, "long_prompts": "drop", "max_steps": 1}""", "dropped", metrics);
        Assert.Contains(metrics.Events, x => x.Name == "rows_dropped" && x.Message.Contains("longer than 24 tokens", StringComparison.Ordinal));
    }

    [Fact]
    public void Train_NoReward_SaysWhatIsMissing()
    {
        var e = Assert.Throws<OptionsException>(() => Run("ppo", "full", """{"reward": {}}""", "none", new MemoryMetrics()));
        Assert.Contains("reward_model is missing", e.Message, StringComparison.Ordinal);
    }

    private string Run(string method, string tuning, string keys, string name, IMetricsSink metrics)
    {
        var all = JsonNode.Parse(keys)!.AsObject();
        foreach (var (key, value) in new (string, JsonNode)[]
        {
            ("model", Sample.Base), ("data", Sample.Prompts), ("reward", new JsonObject { ["sources"] = "rubric:" + Sample.Rubric }), ("tuning", new JsonObject { ["method"] = tuning }),
            ("max_steps", 4), ("batch_size", 4), ("gradient_accumulation", 1), ("max_new_tokens", 8), ("max_length", 128), ("save_every", 2), ("threads", 1), ("learning_rate", 1e-3),
        })
        {
            all.TryAdd(key, value);
        }

        return PolicyMethods.Find(method)!.Prepare(all).Train(TrainingFolders.In(Path.Combine(folder, name)), metrics, CancellationToken.None).Digest;
    }
}
