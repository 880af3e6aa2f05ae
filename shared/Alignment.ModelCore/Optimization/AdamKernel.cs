using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>The numbers of one Adam step; bias corrections are already in them.</summary>
/// <param name="Shrink">1 − lr·λ, or 1.</param>
/// <param name="L2">λ added as λ·p to the gradient, or 0.</param>
/// <param name="RootCorrection">√(1−β₂ᵗ), or 1 where ε meets the uncorrected root.</param>
internal sealed record AdamCoefficients(
    double Shrink, double L2, double TakeGradient, double Beta2, double TakeSquare, double RootCorrection, double Epsilon, double StepSize)
{
    internal static AdamCoefficients For(AdamOptions o, long step, double learningRate, double weightDecay)
    {
        double correction1 = 1 - Math.Pow(o.Beta1, step), root2 = Math.Sqrt(1 - Math.Pow(o.Beta2, step));
        var tensorFlow = o.Form == AdamForm.TensorFlow;
        return new(
            o.Form == AdamForm.Decoupled ? 1 - (learningRate * weightDecay) : 1,
            o.Form == AdamForm.Decoupled ? 0 : weightDecay,
            1 - o.Beta1,
            o.Beta2,
            1 - o.Beta2,
            tensorFlow ? 1 : root2,
            o.Epsilon,
            learningRate / correction1 * (tensorFlow ? root2 : 1));
    }
}

/// <summary>
/// One pass of Adam over raw memory. The scalar tail does the same operations in the same order as the vectors, so a result never depends
/// on where in the array an element lies.
/// </summary>
internal static class AdamKernel<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    internal static void Run(Tensor parameter, Tensor gradient, Tensor m, Tensor v, Tensor? max, AdamCoefficients c)
    {
        Span<T> p = MemoryMarshal.Cast<byte, T>(parameter.bytes), g = MemoryMarshal.Cast<byte, T>(gradient.bytes);
        Span<T> first = MemoryMarshal.Cast<byte, T>(m.bytes), second = MemoryMarshal.Cast<byte, T>(v.bytes);
        var largest = max is null ? default : MemoryMarshal.Cast<byte, T>(max.bytes);
        T shrink = T.CreateChecked(c.Shrink), l2 = T.CreateChecked(c.L2), take1 = T.CreateChecked(c.TakeGradient);
        T keep2 = T.CreateChecked(c.Beta2), take2 = T.CreateChecked(c.TakeSquare), root = T.CreateChecked(c.RootCorrection);
        T eps = T.CreateChecked(c.Epsilon), step = T.CreateChecked(c.StepSize);
        var width = Vector512<T>.Count;
        var i = 0;
        for (; i <= p.Length - width; i += width)
        {
            var w = Vector512.Create<T>(p[i..]) * shrink;
            var d = Vector512.Create<T>(g[i..]);
            d = c.L2 == 0 ? d : d + (w * l2);
            var a = Vector512.Create<T>(first[i..]);
            a += (d - a) * take1;
            var b = (Vector512.Create<T>(second[i..]) * keep2) + (d * d * take2);
            a.CopyTo(first[i..]);
            b.CopyTo(second[i..]);
            if (max is not null)
            {
                b = Vector512.Max(b, Vector512.Create<T>(largest[i..]));
                b.CopyTo(largest[i..]);
            }

            (w - (a / ((Vector512.Sqrt(b) / Vector512.Create(root)) + Vector512.Create(eps)) * step)).CopyTo(p[i..]);
        }

        for (; i < p.Length; i++)
        {
            var w = p[i] * shrink;
            var d = c.L2 == 0 ? g[i] : g[i] + (w * l2);
            var a = first[i] + ((d - first[i]) * take1);
            var b = (second[i] * keep2) + (d * d * take2);
            (first[i], second[i]) = (a, b);
            if (max is not null)
            {
                largest[i] = b = T.Max(b, largest[i]);
            }

            p[i] = w - (a / ((T.Sqrt(b) / root) + eps) * step);
        }
    }
}
