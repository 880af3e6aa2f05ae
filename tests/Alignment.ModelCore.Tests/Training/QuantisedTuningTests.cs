using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Quantization;
using Alignment.ModelCore.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Training;

public sealed class QuantisedTuningTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("quantised").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("full", "nf4", 0, "a quantised weight cannot learn")]
    [InlineData("freeze", "int8", 0, "a quantised weight cannot learn")]
    [InlineData("full", "nf8", 0, "nf4")]
    [InlineData("full", "none", 6, "int8_threshold needs quantise: int8")]
    public void Bind_QuantisedWithoutAdapter_IsRefusedByName(string method, string quantise, double threshold, string says)
    {
        var tuning = new JsonObject { ["method"] = method, ["quantise"] = quantise };
        if (threshold > 0)
        {
            tuning["int8_threshold"] = threshold;
        }

        var problem = Assert.Throws<OptionsException>(() => OptionBinder.Bind<SomeOptions>(new JsonObject { ["tuning"] = tuning }));
        Assert.Contains(says, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_QuantisedCheckpointToTrainInFull_IsRefused()
    {
        using var scope = torch.NewDisposeScope();
        using var dense = CausalModel.Create(TinyModels.Llama(), 3);
        CheckpointWriter.Save(dense, folder);
        using var quantised = CheckpointReader.LoadCausal(folder, new LoadOptions { Quantise = QuantisationFormat.Named("nf4") }, out _);
        CheckpointWriter.Save(quantised, folder);
        var problem = Assert.Throws<OptionsException>(() => TunedModel.Causal(new SomeOptions { Model = folder }));
        Assert.Contains("holds quantised weights", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ComputeInBFloat16_KeepsMastersAndComputesInSixteenBits()
    {
        using var scope = torch.NewDisposeScope();
        using var dense = CausalModel.Create(TinyModels.Llama(), 3);
        CheckpointWriter.Save(dense, folder);
        using var tuned = TunedModel.Causal(new SomeOptions { Model = folder, Compute = "bfloat16" });
        Assert.All(tuned.Trainable, p => Assert.Equal(ScalarType.Float32, p.Value.dtype));
        Assert.Equal(ScalarType.BFloat16, tuned.Model.Forward(torch.tensor(new long[] { 1, 2 }).unsqueeze(0)).dtype);
    }

    private sealed class SomeOptions : TrainingOptions;
}
