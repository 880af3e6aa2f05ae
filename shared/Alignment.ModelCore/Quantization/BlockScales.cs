using System.Runtime.InteropServices;
using Alignment.ModelCore.Optimization;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Quantization;

/// <summary>
/// The largest magnitude of each block, in float32 or itself in 8 bits (double quantisation, QLoRA §3): absmax − offset in blocks of 256
/// of the signed dynamic code, offset the mean of all; restored = map[code]·nested absmax + offset.
/// </summary>
public sealed class BlockScales : IDisposable
{
    /// <summary>Scales in one block of the second quantisation.</summary>
    public const int NestedBlock = 256;

    private BlockScales(Tensor values, Tensor? nestedAbsmax, Tensor? nestedMap, float offset)
    {
        (Values, NestedAbsmax, NestedMap, Offset) = (values.DetachFromDisposeScope(), nestedAbsmax?.DetachFromDisposeScope(), nestedMap?.DetachFromDisposeScope(), offset);
    }

    /// <summary>The 256-entry signed dynamic map of the second quantisation.</summary>
    public static IReadOnlyList<float> SignedMap => DynamicCode.Signed.Values;

    /// <summary>The unsigned one, of 8-bit optimiser states.</summary>
    public static IReadOnlyList<float> UnsignedMap => DynamicCode.Unsigned.Values;

    /// <summary>(blocks): float32 scales, or their 8-bit codes where <see cref="IsNested"/>.</summary>
    public Tensor Values { get; }

    /// <summary>(⌈blocks/256⌉) float32; null without double quantisation.</summary>
    public Tensor? NestedAbsmax { get; }

    /// <summary>(256) float32; null without double quantisation.</summary>
    public Tensor? NestedMap { get; }

    public float Offset { get; }

    public bool IsNested => NestedAbsmax is not null;

    public long Count => Values.shape[0];

    public long Bytes => Values.numel() * Values.ElementSize + ((NestedAbsmax?.numel() ?? 0) + (NestedMap?.numel() ?? 0)) * sizeof(float);

    /// <summary>Scales kept as they are.</summary>
    public static BlockScales Plain(ReadOnlySpan<float> absmax)
    {
        var values = empty([absmax.Length], ScalarType.Float32);
        absmax.CopyTo(MemoryMarshal.Cast<byte, float>(values.bytes));
        return new(values, null, null, 0);
    }

    /// <summary>Scales quantised again.</summary>
    public static BlockScales Nested(ReadOnlySpan<float> absmax)
    {
        using var plain = Plain(absmax);
        using var mean = plain.Values.mean();
        var offset = mean.item<float>();
        var codes = empty([absmax.Length], ScalarType.Byte);
        var nested = empty([(absmax.Length + NestedBlock - 1) / NestedBlock], ScalarType.Float32);
        var map = empty([256], ScalarType.Float32);
        DynamicCode.Signed.Values.CopyTo(MemoryMarshal.Cast<byte, float>(map.bytes));
        var largest = MemoryMarshal.Cast<byte, float>(nested.bytes);
        for (var start = 0; start < absmax.Length; start += NestedBlock)
        {
            var block = absmax.Slice(start, Math.Min(NestedBlock, absmax.Length - start));
            var top = 0f;
            foreach (var a in block)
            {
                top = MathF.Max(top, MathF.Abs(a - offset));
            }

            largest[start / NestedBlock] = top;
            for (var i = 0; i < block.Length; i++)
            {
                // Where all scales are equal nothing is left to code; bitsandbytes then writes code 0.
                codes.bytes[start + i] = top == 0 ? (byte)0 : DynamicCode.Signed.Encode((block[i] - offset) / top);
            }
        }

        return new(codes, nested, map, offset);
    }

    /// <summary>Scales read from a file; the tensors become this object's own.</summary>
    internal static BlockScales Stored(Tensor values, Tensor? nestedAbsmax, Tensor? nestedMap, float offset) => new(values, nestedAbsmax, nestedMap, offset);

    /// <summary>Every scale in float32, blocks from <paramref name="first"/> on.</summary>
    public void Restore(int first, Span<float> target)
    {
        if (!IsNested)
        {
            MemoryMarshal.Cast<byte, float>(Values.bytes).Slice(first, target.Length).CopyTo(target);
            return;
        }

        ReadOnlySpan<byte> codes = Values.bytes.Slice(first, target.Length);
        ReadOnlySpan<float> map = MemoryMarshal.Cast<byte, float>(NestedMap!.bytes), nested = MemoryMarshal.Cast<byte, float>(NestedAbsmax!.bytes);
        for (var i = 0; i < codes.Length; i++)
        {
            target[i] = (map[codes[i]] * nested[(first + i) / NestedBlock]) + Offset;
        }
    }

    public void Dispose()
    {
        Values.Dispose();
        NestedAbsmax?.Dispose();
        NestedMap?.Dispose();
    }
}
