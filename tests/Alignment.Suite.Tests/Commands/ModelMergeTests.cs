using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Suite.Tests.Commands;

/// <summary><c>align model merge</c> and <c>unmerge</c> on PEFT's own folders.</summary>
[Collection(nameof(ConsoleCommands))]
public sealed class ModelMergeTests : IDisposable
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf($"{Path.DirectorySeparatorChar}artifacts{Path.DirectorySeparatorChar}", StringComparison.Ordinal)], "tests", "golden");
    private readonly string folder = Directory.CreateTempSubdirectory("merge").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("lora", "llama-gqa")]
    [InlineData("dora", "llama-gqa")]
    [InlineData("ia3", "llama-gqa")]
    [InlineData("lora-bias-all", "gpt2")]
    [InlineData("lora-classifier-score", "llama-gqa-seq-reward")]
    public async Task Merge_PeftFolder_AnswersAsPeftDid(string adapter, string model)
    {
        var merged = Path.Combine(folder, "merged");
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "merge", Path.Combine(Golden, "models", model), Adapter(adapter), "--out", merged));
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "show", merged));
        var check = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden, "F25-peft-files", adapter + ".json")))!["check"]!["default"]!;
        var ids = tensor(check["input_ids"]!.AsArray().Select(i => i!.GetValue<long>()).ToArray()).unsqueeze(0);
        using var scope = torch.NewDisposeScope();
        using var none = no_grad();
        Tensor last;
        if (model.Contains("-seq-", StringComparison.Ordinal))
        {
            using var scoring = CheckpointReader.LoadScoring(merged, ScalarType.Float32);
            last = scoring.Forward(ids);
        }
        else
        {
            using var causal = CheckpointReader.LoadCausal(merged, ScalarType.Float32);
            last = causal.Forward(ids).select(1, -1);
        }

        var expected = check["last_logits"]!.AsArray().Select(v => v!.GetValue<float>()).ToArray();
        Assert.True(last.sub(tensor(expected)).abs().max().item<float>() < 1e-4f);
    }

    [Fact]
    public async Task Unmerge_MergedLora_GivesTheBaseBack()
    {
        var (model, merged, bare) = (Path.Combine(Golden, "models", "llama-gqa"), Path.Combine(folder, "merged"), Path.Combine(folder, "bare"));
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "merge", model, Adapter("lora"), "--out", merged));
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "unmerge", merged, Adapter("lora"), "--out", bare, "--base", model));
        using var scope = torch.NewDisposeScope();
        using var before = SafeTensorsFile.Open(Path.Combine(model, "model.safetensors"));
        using var after = SafeTensorsFile.Open(Path.Combine(bare, "model.safetensors"));
        Assert.All(before.Entries.Keys, k => Assert.True(before.Read(k).sub(after.Read(k)).abs().max().item<float>() < 1e-6f, k));
    }

    [Theory]
    [InlineData("prefix", "cannot be merged")]
    [InlineData("lora-gpt2", "lora-gpt2")]
    public async Task Merge_WhatCannotBe_IsSaidInOneLine(string adapter, string expected)
    {
        var (code, errors) = await ConsoleCommands.RunAsync("model", "merge", Path.Combine(Golden, "models", "llama-gqa"), Adapter(adapter), "--out", Path.Combine(folder, "x"));
        Assert.Equal(65, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "x")));
    }

    [Fact]
    public async Task Merge_NumbersThatAreNotFinite_AreNamedAndNothingIsWritten()
    {
        var broken = Directory.CreateDirectory(Path.Combine(folder, "nan")).FullName;
        File.Copy(Path.Combine(Adapter("lora"), "adapter_config.json"), Path.Combine(broken, "adapter_config.json"));
        string name;
        using (var scope = torch.NewDisposeScope())
        using (var file = SafeTensorsFile.Open(Path.Combine(Adapter("lora"), "adapter_model.safetensors")))
        {
            name = file.Entries.Keys.Order(StringComparer.Ordinal).First();
            SafeTensorsWriter.Write(Path.Combine(broken, "adapter_model.safetensors"), [.. file.Entries.Keys.Select(k => (k, k == name ? file.Read(k).fill_(double.NaN) : file.Read(k)))]);
        }

        var (code, errors) = await ConsoleCommands.RunAsync("model", "merge", Path.Combine(Golden, "models", "llama-gqa"), broken, "--out", Path.Combine(folder, "x"));
        Assert.Equal(65, code);
        Assert.Contains($"{name} holds numbers that are not finite", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder, "x")));
    }

    [Fact]
    public async Task Unmerge_Dora_IsRefused()
    {
        var (code, errors) = await ConsoleCommands.RunAsync("model", "unmerge", Path.Combine(Golden, "models", "llama-gqa"), Adapter("dora"), "--out", Path.Combine(folder, "x"));
        Assert.Equal(65, code);
        Assert.Contains("DoRA cannot be unmerged", errors, StringComparison.Ordinal);
    }

    private static string Adapter(string name) => Path.Combine(Golden, "F25-peft-files", name);
}
