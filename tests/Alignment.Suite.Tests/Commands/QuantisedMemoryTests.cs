using System.Diagnostics;
using System.Globalization;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.Suite.Commands.Advising;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Suite.Tests.Commands;

/// <summary>Training under a real limit of the operating system (RLIMIT_DATA: private writable memory), set for the child process alone.</summary>
public sealed class QuantisedMemoryTests : IDisposable
{
    private static readonly string Sample = Path.Combine(Repository(), "samples", "helpdesk");
    private readonly string folder = Directory.CreateTempSubdirectory("quantised-memory").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Train_LimitBelowTheFloat32Weights_OnlyTheQuantisedBaseTrains()
    {
        RequireLimits();
        var weights = 4 * WriteModel();
        var (dense, said) = Train(weights, "none");
        Assert.True(dense == 71, $"exit code {dense}: {said}");
        Assert.Contains("Not enough memory", said, StringComparison.Ordinal);

        var (quantised, output) = Train(weights, "nf4_double");
        Assert.True(quantised == 0, output);
        Assert.Contains("2 steps", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "nf4_double", "adapter_model.safetensors")));
    }

    /// <summary>About 510 MB in float32, nearly all of it in linear layers. Returns the parameters.</summary>
    private long WriteModel()
    {
        var config = DecoderConfig.Parse("""
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 1024, "hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 18,
             "num_attention_heads": 12, "num_key_value_heads": 12, "max_position_embeddings": 256, "tie_word_embeddings": true}
            """);
        using var scope = torch.NewDisposeScope();
        using var model = CausalModel.Create(config, 1);
        CheckpointWriter.Save(model, Path.Combine(folder, "model"), new() { DType = ScalarType.BFloat16, CopyFilesFrom = Path.Combine(Sample, "base") });
        File.WriteAllLines(Path.Combine(folder, "rows.jsonl"), File.ReadLines(Path.Combine(Sample, "sft.jsonl")).Take(4));
        return model.parameters().Sum(p => p.numel());
    }

    private (int Code, string Output) Train(long limit, string quantise)
    {
        string[] sets = [$"model={folder}/model", $"data={folder}/rows.jsonl", "max_length=24", "batch_size=1", "max_steps=2", "threads=1", "tuning.method=lora", "tuning.rank=4", $"tuning.quantise={quantise}"];
        var start = new ProcessStartInfo("sh")
        {
            ArgumentList =
            {
                "-c", string.Create(CultureInfo.InvariantCulture, $"ulimit -d {limit / 1024} && exec \"$@\""), "sh",
                "dotnet", typeof(TrialProcess).Assembly.Location, "train", "sft", "--out", Path.Combine(folder, quantise),
            },
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var set in sets)
        {
            start.ArgumentList.Add("--set");
            start.ArgumentList.Add(set);
        }

        start.Environment["OMP_NUM_THREADS"] = "1";
        return Finish(start);
    }

    private static (int Code, string Output) Finish(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(5)), "the run did not end");
        return (process.ExitCode, output.Result + errors.Result);
    }

    private static void RequireLimits()
    {
        var possible = OperatingSystem.IsLinux() && Finish(new("sh") { ArgumentList = { "-c", "ulimit -d 1000000" }, RedirectStandardOutput = true, RedirectStandardError = true }).Code == 0;
        if (!possible && Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
        {
            Assert.Fail("RLIMIT_DATA cannot be set here.");
        }

        Assert.SkipUnless(possible, "RLIMIT_DATA cannot be set here.");
    }

    private static string Repository()
    {
        var at = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(at, "Directory.Packages.props")))
        {
            at = Path.GetDirectoryName(at) ?? throw new DirectoryNotFoundException("the repository");
        }

        return at;
    }
}
