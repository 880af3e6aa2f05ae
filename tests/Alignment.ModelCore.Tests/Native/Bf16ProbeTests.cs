using Alignment.ModelCore.Native;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Tests.Native;

public sealed class Bf16ProbeTests
{
    [Fact]
    public void Check_ExactArithmetic_IsRight() =>
        Assert.Null(Bf16Probe.Check("x", (a, b) => mm(a.to_type(ScalarType.Float64), b.to_type(ScalarType.Float64)).to_type(ScalarType.BFloat16)));

    // Faults that processors have shown: the last term of a sum lost, a value from the row before, sums kept in bfloat16.
    [Fact]
    public void Check_LastTermLost_IsFound() =>
        Assert.NotNull(Bf16Probe.Check("x", (a, b) => a.shape[1] % 32 == 1 ? mm(a.narrow(1, 0, a.shape[1] - 1), b.narrow(0, 0, b.shape[0] - 1)) : mm(a, b)));

    [Fact]
    public void Check_RowsExchanged_IsFound() => Assert.NotNull(Bf16Probe.Check("x", (a, b) => mm(a, b).roll(1, 0)));

    [Fact]
    public void Check_SumsKeptInBfloat16_IsFound() => Assert.NotNull(Bf16Probe.Check("x", (a, b) =>
    {
        var sum = zeros([a.shape[0], b.shape[1]], ScalarType.BFloat16);
        for (var k = 0; k < a.shape[1]; k++)
        {
            sum = sum + (a.narrow(1, k, 1) * b.narrow(0, k, 1) * 1.01);
        }

        return sum;
    }));

    [Fact]
    public void Check_NotANumber_IsFound() => Assert.NotNull(Bf16Probe.Check("x", (a, b) => mm(a, b) * double.NaN));
}
