using System.Globalization;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Native;

/// <summary>
/// Whether this machine multiplies bfloat16 matrices rightly: some processors and virtual machines do not, and nothing else would tell.
/// Looks at the products of a training step (layer, its two gradients, attention) in shapes that leave remainders in every kernel;
/// a few milliseconds, once per process.
/// </summary>
public static class Bf16Probe
{
    // A right product is off by half a digit of its own size (2⁻⁹ of it) and less; a lost term or a stale one by far more.
    private const double Tolerance = 0.01;
    private static readonly (int Rows, int Inner, int Columns)[] Shapes = [(1, 33, 5), (1, 256, 65), (3, 7, 16), (16, 64, 64), (33, 127, 17), (64, 255, 1), (5, 256, 33)];
    private static readonly Lazy<string?> Found = new(Look);

    /// <summary>What is wrong, or null.</summary>
    public static string? Fault => Found.Value;

    /// <summary>Compares a product of two matrices, (M, K) and (K, N), in bfloat16 with the same in double precision; null when it is right.</summary>
    public static string? Check(string name, Func<Tensor, Tensor, Tensor> product)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var (m, k, n) in Shapes)
        {
            // Ones: every sum up to 256 has an exact answer in bfloat16.
            var sums = product(ones([m, k], ScalarType.BFloat16), ones([k, n], ScalarType.BFloat16)).to_type(ScalarType.Float64);
            if (Largest(sums - k) != 0)
            {
                return Text($"{name} of ones, {m} by {k} by {n}, is not {k} everywhere");
            }

            using var generator = new Generator(7);
            Tensor a = randn([m, k], generator: generator).to_type(ScalarType.BFloat16), b = randn([k, n], generator: generator).to_type(ScalarType.BFloat16);
            Tensor wideA = a.to_type(ScalarType.Float64), wideB = b.to_type(ScalarType.Float64);
            var error = (product(a, b).to_type(ScalarType.Float64) - mm(wideA, wideB)).abs() / mm(wideA.abs(), wideB.abs());
            if (!(Largest(error) <= Tolerance))
            {
                return Text($"{name}, {m} by {k} by {n}, is off by {Largest(error):G3} of its terms");
            }
        }

        return null;
    }

    private static string? Look()
    {
        TorchRuntime.EnsureLoaded();
        return Check("a product", mm)
            ?? Check("a product with a transposed matrix", (a, b) => mm(a, b.t().contiguous().t()))
            ?? Check("a product of a transposed matrix", (a, b) => mm(a.t().contiguous().t(), b))
            ?? Check("a layer", (a, b) => nn.functional.linear(a, b.t().contiguous()))
            ?? Check("a batched product", (a, b) => bmm(a.unsqueeze(0).repeat(3, 1, 1), b.unsqueeze(0).repeat(3, 1, 1)).mean([0], keepdim: false, type: ScalarType.Float32));
    }

    private static double Largest(Tensor t) => t.abs().max().item<double>();

    private static string Text(FormattableString s) => s.ToString(CultureInfo.InvariantCulture);
}
