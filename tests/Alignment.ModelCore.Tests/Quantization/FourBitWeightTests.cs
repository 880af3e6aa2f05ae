using Alignment.ModelCore.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Quantization;

public sealed class FourBitWeightTests
{
    [Fact]
    public void Quantise_ValuesOfTheTable_CodesByHand()
    {
        using var scope = torch.NewDisposeScope();
        var values = new float[64];
        (values[0], values[1], values[2], values[3], values[4], values[5]) = (-2f, 2f, 0f, 2f * 0.33791524f, 2f * -0.525073f, 2f * 0.07f);
        using var weight = FourBitWeight.Quantise(torch.tensor(values).view(4, 16), FourBitCode.Nf4);
        Assert.Equal([0x0f, 0x7b, 0x28, 0x77], weight.Packed.bytes[..4].ToArray());
        Assert.Equal(2f, weight.Scales.Values[0].item<float>());
        Assert.Equal(2f * 0.33791524171829224f, weight.Dense(ScalarType.Float32)[0, 3].item<float>());
    }

    [Theory]
    [InlineData(33, 97, 64, false)]
    [InlineData(33, 97, 64, true)]
    [InlineData(5, 3, 32, false)]
    [InlineData(130, 256, 128, true)]
    public void Dense_AnyShape_IsTableTimesScaleInEveryDtype(long rows, long columns, int block, bool nested)
    {
        using var scope = torch.NewDisposeScope();
        using var weight = FourBitWeight.Quantise(torch.randn([rows, columns], generator: new Generator(5)), FourBitCode.Nf4, block, nested);
        var dense = weight.Dense(ScalarType.Float32);
        var scales = new float[weight.Scales.Count];
        weight.Scales.Restore(0, scales);
        var packed = weight.Packed.bytes.ToArray();
        var expected = Enumerable.Range(0, (int)(rows * columns))
            .Select(i => FourBitCode.Nf4.Values[i % 2 == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 15] * scales[i / block]).ToArray();
        Assert.Equal(expected, dense.data<float>().ToArray());
        Assert.True(dense.to_type(ScalarType.BFloat16).bytes.SequenceEqual(weight.Dense(ScalarType.BFloat16).bytes));
        Assert.True(dense.to_type(ScalarType.Float64).bytes.SequenceEqual(weight.Dense(ScalarType.Float64).bytes));
    }

    [Fact]
    public void Bytes_DoubleQuantisation_AreBelow53HundredthsAParameter()
    {
        using var scope = torch.NewDisposeScope();
        using var weight = FourBitWeight.Quantise(torch.randn(512, 512), FourBitCode.Nf4, 64, @double: true);
        Assert.InRange((double)weight.Bytes / (512 * 512), 0.5, 0.53);
    }

    [Fact]
    public void Quantise_NotANumber_IsRefused()
    {
        using var scope = torch.NewDisposeScope();
        var weight = torch.ones(8, 64);
        weight[3, 5] = float.NaN;
        Assert.Throws<InvalidDataException>(() => FourBitWeight.Quantise(weight, FourBitCode.Nf4));
    }

    [Theory]
    [InlineData(48)]
    [InlineData(16)]
    public void Quantise_OddBlockSize_IsRefused(int block)
    {
        using var scope = torch.NewDisposeScope();
        var weight = torch.ones(8, 64);
        Assert.Contains("4-bit blocks", Assert.Throws<ArgumentException>(() => FourBitWeight.Quantise(weight, FourBitCode.Nf4, block)).Message, StringComparison.Ordinal);
    }
}
