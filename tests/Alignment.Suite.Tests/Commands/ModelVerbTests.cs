using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Suite.Tests.Commands;

/// <summary><c>align model</c> as a user runs it, against transformers' numbers for the same folders.</summary>
[Collection(nameof(ConsoleCommands))]
public sealed class ModelVerbTests : IDisposable
{
    private static readonly string Golden = Path.Combine(Root(), "tests", "golden");
    private readonly string folder = Directory.CreateTempSubdirectory("model").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("llama-gqa", "left")]
    [InlineData("gpt2", "right")]
    [InlineData("gemma", "left")]
    public async Task Logits_PaddedBatch_AreTheReferencesAtRealTokens(string model, string side)
    {
        using var scope = torch.NewDisposeScope();
        using var fixture = SafeTensorsFile.Open(Path.Combine(Golden, "F01-forward", $"{model}-{side}.safetensors"));
        var (mask, expected) = (fixture.Read("in.attention_mask"), fixture.Read("out.logits"));
        await Logits(Path.Combine(Golden, "models", model), fixture, "logits.safetensors");
        using var result = SafeTensorsFile.Open(Path.Combine(folder, "logits.safetensors"));
        var difference = (result.Read("logits") - expected).abs() * mask.unsqueeze(-1);
        Assert.True(difference.max().item<float>() <= 5e-5f, $"off by {difference.max().item<float>()}");
    }

    [Fact]
    public async Task Convert_ShardsAndOldKeys_IsTheSameModel()
    {
        using var scope = torch.NewDisposeScope();
        var model = Path.Combine(Golden, "models", "llama-rope3");
        var converted = Path.Combine(folder, "converted");
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "convert", model, "--out", converted, "--max-shard-bytes", "100000", "--config-keys", "v4"));
        Assert.True(File.Exists(Path.Combine(converted, "model.safetensors.index.json")));
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "show", converted));
        using var fixture = SafeTensorsFile.Open(Path.Combine(Golden, "F01-forward", "llama-rope3-right.safetensors"));
        await Logits(model, fixture, "a.safetensors");
        await Logits(converted, fixture, "b.safetensors");
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "a.safetensors")), File.ReadAllBytes(Path.Combine(folder, "b.safetensors")));

        var half = Path.Combine(folder, "half");
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "convert", converted, "--out", half, "--dtype", "bfloat16", "--config-keys", "v5"));
        var config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(half, "config.json")))!;
        Assert.Equal(("bfloat16", "llama3"), (config["dtype"]!.GetValue<string>(), config["rope_parameters"]!["rope_type"]!.GetValue<string>()));
        Assert.Null(config["torch_dtype"]);
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "generate", half, "--ids", "1,5,7", "--max-new-tokens", "3"));
    }

    [Theory]
    [InlineData("show")]
    [InlineData("generate --ids 1,2")]
    public async Task Broken_MissingTensor_IsNamedWithoutAStack(string verb)
    {
        var broken = Path.Combine(folder, "broken");
        Directory.CreateDirectory(broken);
        File.Copy(Path.Combine(Golden, "models", "llama-gqa", "config.json"), Path.Combine(broken, "config.json"));
        File.Copy(Path.Combine(Golden, "models", "gpt2", "model.safetensors"), Path.Combine(broken, "model.safetensors"));
        var words = verb.Split(' ');
        var (code, errors) = await ConsoleCommands.RunAsync(["model", words[0], broken, .. words[1..]]);
        Assert.Equal(words[0] == "show" ? 1 : 65, code);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        if (words[0] == "generate")
        {
            Assert.Contains("model.embed_tokens.weight", errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Generate_TwoKindsOfPrompt_IsRefused()
    {
        var (code, errors) = await ConsoleCommands.RunAsync("model", "generate", Path.Combine(Golden, "models", "llama-gqa"), "--ids", "1", "--prompt", "x");
        Assert.Equal((64, "Give one of --prompt TEXT, --messages FILE or --ids 1,2,3.\n"), (code, errors.ReplaceLineEndings("\n")));
    }

    private async Task Logits(string model, SafeTensorsFile fixture, string name)
    {
        var ids = Path.Combine(folder, "ids.json");
        File.WriteAllText(ids, JsonSerializer.Serialize(new { input_ids = Rows(fixture.Read("in.input_ids")), attention_mask = Rows(fixture.Read("in.attention_mask")) }));
        Assert.Equal((0, ""), await ConsoleCommands.RunAsync("model", "logits", model, "--ids", ids, "--out", Path.Combine(folder, name)));
    }

    private static long[][] Rows(Tensor t) => [.. Enumerable.Range(0, (int)t.shape[0]).Select(r => t[r].data<long>().ToArray())];

    private static string Root([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
