using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>
/// Tensor arithmetic whose scalars live until the native call has returned. An implicit <see cref="Scalar"/> may be finalised by a
/// collection on another thread while libtorch still reads it; <c>a + b</c> makes one too (its alpha).
/// </summary>
internal static class Elementwise
{
    private static readonly Scalar One = 1;

    internal static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);

    internal static Tensor Plus(this Tensor a, double b)
    {
        using Scalar s = b;
        return a.add(s);
    }

    internal static Tensor Minus(this Tensor a, Tensor b) => a.sub(b);

    internal static Tensor Minus(this Tensor a, double b) => a.Plus(-b);

    internal static Tensor Times(this Tensor a, Tensor b) => a.mul(b);

    internal static Tensor Times(this Tensor a, double b)
    {
        using Scalar s = b;
        return a.mul(s);
    }

    internal static Tensor Over(this Tensor a, Tensor b) => a.div(b);

    internal static Tensor Over(this Tensor a, double b)
    {
        using Scalar s = b;
        return a.div(s);
    }

    /// <summary>scalar − tensor.</summary>
    internal static Tensor From(this double a, Tensor b) => b.neg().Plus(a);

    internal static Tensor AtLeast(this Tensor a, double min)
    {
        using Scalar s = min;
        return a.clamp_min(s);
    }

    internal static Tensor AtMost(this Tensor a, double max)
    {
        using Scalar s = max;
        return a.clamp_max(s);
    }

    internal static Tensor Between(this Tensor a, double min, double max)
    {
        using Scalar lo = min, hi = max;
        return a.clamp(lo, hi);
    }

    internal static Tensor Filled(this Tensor a, Tensor where, double value)
    {
        using Scalar s = value;
        return a.masked_fill(where, s);
    }

    internal static Tensor Is(this Tensor a, long value)
    {
        using Scalar s = value;
        return a.eq(s);
    }

    internal static Tensor IsNot(this Tensor a, long value)
    {
        using Scalar s = value;
        return a.ne(s);
    }

    internal static Tensor IsAbove(this Tensor a, double value)
    {
        using Scalar s = value;
        return a.gt(s);
    }

    internal static Tensor IsBelow(this Tensor a, double value)
    {
        using Scalar s = value;
        return a.lt(s);
    }

    internal static Tensor Squared(this Tensor a) => a.mul(a);

    /// <summary>log σ(x), finite for every finite x; its gradient is 1 − σ(x).</summary>
    internal static Tensor LogSigmoid(this Tensor x) => nn.functional.logsigmoid(x);

    /// <summary>A mask of any dtype in the dtype of <paramref name="like"/>, 1 where it keeps.</summary>
    internal static Tensor MaskAs(this Tensor mask, Tensor like) => mask.to_type(like.dtype);

    /// <summary>Sum over the last axis.</summary>
    internal static Tensor SumLast(this Tensor a) => a.sum([-1L]);

    /// <summary>The single element as a double.</summary>
    internal static double Value(this Tensor a) => a.detach().to_type(ScalarType.Float64).cpu().item<double>();

    /// <summary>Every element as a double, row-major.</summary>
    internal static double[] Doubles(this Tensor a) => a.detach().to_type(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
}
