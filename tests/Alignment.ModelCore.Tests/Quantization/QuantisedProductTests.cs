using Alignment.ModelCore.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Quantization;

public sealed class QuantisedProductTests
{
    public static TheoryData<string, ScalarType, double> Forms => new()
    {
        { "nf4", ScalarType.Float32, 1e-5 }, { "nf4_double", ScalarType.Float64, 1e-12 }, { "int8", ScalarType.Float32, 1e-5 }, { "nf4", ScalarType.BFloat16, 1e-6 }, { "int8", ScalarType.BFloat16, 1e-6 },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Linear_AgainstTheRestoredWeight_SameValuesAndGradients(string form, ScalarType dtype, double tolerance)
    {
        using var scope = torch.NewDisposeScope();
        using var weight = QuantisationFormat.Named(form).Quantise(torch.randn([7, 33], generator: new Generator(1)));
        var bias = torch.randn([7], generator: new Generator(2)).to_type(dtype);
        Tensor Input() => torch.randn([2, 5, 33], generator: new Generator(3)).to_type(dtype).detach().requires_grad_(true);
        Tensor x = Input(), reference = Input();
        var y = weight.Linear(x, bias);
        var expected = nn.functional.linear(reference, weight.Dense(dtype), bias);
        Assert.Equal(dtype, y.dtype);
        Close(expected, y, tolerance);
        var g = torch.randn([2, 5, 7], generator: new Generator(4)).to_type(dtype);
        y.mul(g).sum().backward();
        expected.mul(g).sum().backward();
        Close(reference.grad!, x.grad!, tolerance);
    }

    [Fact]
    public void Linear_BiasThatLearns_GetsItsGradient()
    {
        using var scope = torch.NewDisposeScope();
        using var weight = FourBitWeight.Quantise(torch.randn(4, 64), FourBitCode.Nf4);
        var bias = torch.zeros(4).requires_grad_(true);
        weight.Linear(torch.randn(3, 64), bias).sum().backward();
        Assert.Equal([3f, 3f, 3f, 3f], bias.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Linear_WithoutGradients_LeavesNoGraph()
    {
        using var scope = torch.NewDisposeScope();
        using var weight = FourBitWeight.Quantise(torch.randn(4, 64), FourBitCode.Nf4);
        using var none = torch.no_grad();
        Assert.False(weight.Linear(torch.randn(3, 64).requires_grad_(true), null).requires_grad);
    }

    [Fact]
    public void Linear_LlmInt8_IsNearTheExactProductAndPassesGradients()
    {
        using var scope = torch.NewDisposeScope();
        using var weight = new QuantisationFormat(null, OutlierThreshold: 6).Quantise(torch.randn([16, 64], generator: new Generator(1)));
        var x = torch.randn([8, 64], generator: new Generator(2));
        x[2, 9] = 50f;
        x = x.detach().requires_grad_(true);
        var y = weight.Linear(x, null);
        var dense = weight.Dense(ScalarType.Float32);
        Close(x.detach().mm(dense.t()), y, 0.3);
        y.sum().backward();
        Close(torch.ones(8, 16).mm(dense), x.grad!, 1e-5);
    }

    private static void Close(Tensor expected, Tensor actual, double tolerance) =>
        Assert.InRange(expected.detach().to_type(ScalarType.Float64).sub(actual.detach().to_type(ScalarType.Float64)).abs().max().item<double>(), 0, tolerance);
}
