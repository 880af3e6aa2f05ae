using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>Gradient clipping by global norm, torch's <c>clip_grad_norm_</c>: scale = min(1, max / (‖g‖₂ + 1e-6)).</summary>
public static class GradientClipping
{
    /// <summary>‖g‖₂ over all gradients; squares are summed in double. Parameters without a gradient count as 0.</summary>
    public static double GlobalNorm(IEnumerable<Tensor> parameters)
    {
        using var scope = NewDisposeScope();
        var sum = 0.0;
        foreach (var p in parameters)
        {
            if (p.grad is { } g)
            {
                sum += SumOfSquares(g);
            }
        }

        return Math.Sqrt(sum);
    }

    /// <summary>Scales the gradients in place; returns the norm <b>before</b> clipping. A norm that is not finite leaves them as they are.</summary>
    public static double ByGlobalNorm(IReadOnlyCollection<Tensor> parameters, double maxNorm)
    {
        var norm = GlobalNorm(parameters);
        var scale = maxNorm / (norm + 1e-6);
        if (scale >= 1 || !double.IsFinite(norm))
        {
            return norm;
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using Scalar s = scale;
        foreach (var p in parameters)
        {
            p.grad?.mul_(s);
        }

        return norm;
    }

    private static double SumOfSquares(Tensor gradient)
    {
        if (gradient.dtype != ScalarType.Float32 || gradient.device_type != DeviceType.CPU || !gradient.is_contiguous())
        {
            var wide = gradient.to_type(ScalarType.Float64);
            return wide.mul(wide).sum().cpu().item<double>();
        }

        var values = MemoryMarshal.Cast<byte, float>(gradient.bytes);
        var (lower, upper) = (Vector512<double>.Zero, Vector512<double>.Zero);
        var i = 0;
        for (; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var (lo, hi) = Vector512.Widen(Vector512.Create<float>(values[i..]));
            lower += lo * lo;
            upper += hi * hi;
        }

        var sum = Vector512.Sum(lower + upper);
        for (; i < values.Length; i++)
        {
            sum += (double)values[i] * values[i];
        }

        return sum;
    }
}
