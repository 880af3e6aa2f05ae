using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Quantization;

public sealed class QuantisedCheckpointTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("quantised").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("nf4_double")]
    [InlineData("int8")]
    public void Load_Quantising_IsTheDenseModelQuantisedButForEmbeddingAndHead(string form)
    {
        using var scope = torch.NewDisposeScope();
        using var dense = CausalModel.Create(TinyModels.Llama(), 3);
        CheckpointWriter.Save(dense, folder);
        var format = QuantisationFormat.Named(form);
        using var loaded = CheckpointReader.LoadCausal(folder, new LoadOptions { Quantise = format }, out _);
        foreach (var projection in dense.Body.modules().OfType<Projection>().Distinct())
        {
            projection.Quantise(format.Quantise(projection.Weight));
        }

        Assert.All(loaded.Body.modules().OfType<Projection>(), p => Assert.NotNull(p.Quantised));
        Assert.Equal(ScalarType.Float32, loaded.HeadWeight.dtype);
        Assert.True(Logits(dense).SequenceEqual(Logits(loaded)));
    }

    [Theory]
    [InlineData("nf4")]
    [InlineData("nf4_double")]
    [InlineData("int8")]
    public void Save_Quantised_LoadsAgainTheSame(string form)
    {
        using var scope = torch.NewDisposeScope();
        using var dense = CausalModel.Create(TinyModels.Llama(), 3);
        CheckpointWriter.Save(dense, folder);
        using var first = CheckpointReader.LoadCausal(folder, new LoadOptions { Quantise = QuantisationFormat.Named(form) }, out _);
        CheckpointWriter.Save(first, folder);
        using var second = CheckpointReader.LoadCausal(folder);
        Assert.True(Logits(first).SequenceEqual(Logits(second)));
        Assert.True(CheckpointReader.Inspect(folder, DecoderConfig.Load(folder), out var parameters).IsExact);
        Assert.Equal(dense.parameters().Sum(p => p.numel()), parameters);
    }

    [Fact]
    public void Load_ConvolutionLayout_QuantisesOutByIn()
    {
        using var scope = torch.NewDisposeScope();
        var config = DecoderConfig.Parse("""
            {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 40, "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32}
            """);
        using var dense = CausalModel.Create(config, 3);
        CheckpointWriter.Save(dense, folder);
        using var loaded = CheckpointReader.LoadCausal(folder, new LoadOptions { Quantise = QuantisationFormat.Named("int8") }, out _);
        var difference = dense.Forward(Ids()).sub(loaded.Forward(Ids())).abs().max().item<float>();
        Assert.InRange(difference, 1e-9, 0.02);
    }

    private static Tensor Ids() => torch.tensor(new long[] { 1, 5, 9, 3 }).unsqueeze(0);

    private static float[] Logits(CausalModel model)
    {
        using var none = torch.no_grad();
        return model.Forward(Ids()).data<float>().ToArray();
    }
}
