using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>
/// The 8-bit dynamic code (Dettmers et al. 2022, §2.1): 256 values in [−1, 1] or [0, 1], dense near 0: for each decade the midpoints of
/// equal parts of [.1, 1], plus 0 and 1. As bitsandbytes makes it.
/// </summary>
internal sealed class DynamicCode
{
    private readonly float[] midpoints;

    private DynamicCode(bool signed)
    {
        using var scope = NewDisposeScope();
        var values = new List<float> { 0, 1 };
        for (var i = 0; i < 7; i++)
        {
            // In float32 step by step, as the library does: the last digit of each value depends on it.
            var bounds = linspace(0.1, 1, (signed ? 1 << i : 1 << (i + 1)) + 1, ScalarType.Float32);
            using var half = (Scalar)2.0;
            using var scale = (Scalar)Math.Pow(10, i - 6);
            long n = bounds.shape[0] - 1;
            foreach (var mean in bounds.narrow(0, 0, n).add(bounds.narrow(0, 1, n), Scalars.One).div(half).mul(scale).data<float>())
            {
                values.Add(mean);
                if (signed)
                {
                    values.Add(-mean);
                }
            }
        }

        values.Sort();
        Values = [.. values];
        midpoints = [.. Values.Zip(Values.Skip(1)).Select(x => (x.First + x.Second) / 2)];
    }

    internal static DynamicCode Signed { get; } = new(true);

    internal static DynamicCode Unsigned { get; } = new(false);

    /// <summary>256 values in rising order.</summary>
    internal float[] Values { get; }

    /// <summary>The nearest value's index.</summary>
    internal byte Encode(float x)
    {
        var i = Array.BinarySearch(midpoints, x);
        return (byte)(i >= 0 ? i : ~i);
    }
}
