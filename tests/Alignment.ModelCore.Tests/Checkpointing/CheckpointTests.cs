using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Checkpointing;

public sealed class CheckpointTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("checkpoint").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Create_SameSeed_SameWeightsWhateverTheGlobalGeneratorDid()
    {
        using var scope = torch.NewDisposeScope();
        using var first = CausalModel.Create(TinyModels.Llama(), 7);
        torch.rand(5);
        using var second = CausalModel.Create(TinyModels.Llama(), 7);
        using var other = CausalModel.Create(TinyModels.Llama(), 8);
        Assert.True(first.HeadWeight.bytes.SequenceEqual(second.HeadWeight.bytes));
        Assert.False(first.HeadWeight.bytes.SequenceEqual(other.HeadWeight.bytes));
    }

    [Theory]
    [InlineData(5_000_000_000L)]
    [InlineData(3000L)]
    public void Save_LoadedAgain_SameBytesOneFileOrSharded(long shardBytes)
    {
        using var scope = torch.NewDisposeScope();
        using var model = CausalModel.Create(TinyModels.Llama(), 3, ScalarType.BFloat16);
        CheckpointWriter.Save(model, folder, new() { MaxShardBytes = shardBytes });
        using var again = CheckpointReader.LoadCausal(folder);
        Assert.Equal(ScalarType.BFloat16, again.DType);
        foreach (var (name, parameter) in model.named_parameters())
        {
            Assert.True(parameter.bytes.SequenceEqual(again.get_parameter(name)!.bytes), name);
        }

        Assert.Equal(shardBytes < 5000, File.Exists(Path.Combine(folder, "model.safetensors.index.json")));
    }

    [Fact]
    public void LoadScoring_LanguageModelWithoutPermission_Refused()
    {
        using var scope = torch.NewDisposeScope();
        using var model = CausalModel.Create(TinyModels.Llama(), 3);
        CheckpointWriter.Save(model, folder);
        Assert.Contains("no classification head", Assert.Throws<CheckpointException>(() => CheckpointReader.LoadScoring(folder)).Message, StringComparison.Ordinal);
        using var scoring = CheckpointReader.LoadScoring(folder, new() { NewHeadSeed = 1 }, out var report);
        Assert.Equal(["score.weight"], report.Initialised);
        Assert.Equal([1L, 16L], scoring.ScoreHead.Weight.shape);
        Assert.True(scoring.Body.EmbeddingWeight.bytes.SequenceEqual(model.Body.EmbeddingWeight.bytes));
    }

    [Fact]
    public void SaveScoring_ReadAgain_KeepsHeadAndLabels()
    {
        using var scope = torch.NewDisposeScope();
        using var model = ScoringModel.Create(TinyModels.Llama() with { Head = HeadKind.Sequence, LabelCount = 1 }, 3);
        CheckpointWriter.Save(model, folder);
        using var again = CheckpointReader.LoadScoring(folder);
        Assert.Equal((HeadKind.Sequence, 1), (again.Config.Head, again.Config.LabelCount));
        var ids = torch.tensor((long[])[1, 5, 7, 0]).view(1, 4);
        Assert.True(model.Forward(ids).bytes.SequenceEqual(again.Forward(ids).bytes));
    }

    [Fact]
    public void LoadCausal_TensorMissing_NamesIt()
    {
        using var scope = torch.NewDisposeScope();
        using var model = CausalModel.Create(TinyModels.Llama(), 3);
        CheckpointWriter.Save(model, folder);
        SafeTensorsWriter.Write(Path.Combine(folder, "model.safetensors"), model.named_parameters().Skip(1).Select(p => (p.name, (Tensor)p.parameter)));
        var missing = model.named_parameters().First().name;
        Assert.Contains(missing, Assert.Throws<CheckpointException>(() => CheckpointReader.LoadCausal(folder)).Message, StringComparison.Ordinal);
    }
}
