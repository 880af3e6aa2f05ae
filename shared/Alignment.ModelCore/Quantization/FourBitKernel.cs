using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Alignment.ModelCore.Quantization;

/// <summary>
/// table[code]·absmax over raw memory. The 16 products of a block are made once; the rest is looking up: one permutation gives 16 floats
/// or 32 bfloat16 numbers. Two codes lie in a byte, the first in the high half.
/// </summary>
internal static unsafe class FourBitKernel
{
    /// <summary>Dequantises <paramref name="count"/> values of blocks that start at a byte's first half.</summary>
    internal static void ToFloat(byte* packed, ReadOnlySpan<float> scales, int block, ReadOnlySpan<float> table, float* target, long count)
    {
        var scaled = stackalloc float[16];
        for (var b = 0; b < scales.Length; b++, packed += block / 2, target += block)
        {
            Scale(table, scales[b], scaled);
            var n = (int)Math.Min(block, count - ((long)b * block));
            var i = 0;
            if (Avx512F.IsSupported)
            {
                var lookup = Vector512.Load(scaled);
                for (; i + 16 <= n; i += 16)
                {
                    // Each byte becomes a pair of 32-bit indices; the permutation reads their low four bits.
                    var pair = Avx512F.ConvertToVector512UInt64(Vector128.CreateScalar(*(ulong*)(packed + (i / 2))).AsByte());
                    var index = (pair >>> 4) | (pair << 32);
                    Avx512F.PermuteVar16x32(lookup, index.AsInt32()).Store(target + i);
                }
            }

            for (; i < n; i++)
            {
                target[i] = scaled[Nibble(packed, i)];
            }
        }
    }

    /// <summary>The same, rounded to bfloat16 (to nearest, ties to even).</summary>
    internal static void ToBFloat16(byte* packed, ReadOnlySpan<float> scales, int block, ReadOnlySpan<float> table, ushort* target, long count)
    {
        var scaled = stackalloc float[16];
        for (var b = 0; b < scales.Length; b++, packed += block / 2, target += block)
        {
            Scale(table, scales[b], scaled);
            var n = (int)Math.Min(block, count - ((long)b * block));
            var i = 0;
            if (Avx512BW.IsSupported)
            {
                // Twice the table, so that the fifth bit of an index does not matter.
                var half = Round(Vector512.Load(scaled));
                var lookup = Vector512.Create(half, half);
                for (; i + 32 <= n; i += 32)
                {
                    var pair = Avx512F.ConvertToVector512UInt32(Vector128.Load(packed + (i / 2)));
                    var index = (pair >>> 4) | (pair << 16);
                    Avx512BW.PermuteVar32x16(lookup, index.AsUInt16()).Store(target + i);
                }
            }

            for (; i < n; i++)
            {
                target[i] = Round(scaled[Nibble(packed, i)]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Nibble(byte* packed, int i) => (i & 1) == 0 ? packed[i / 2] >> 4 : packed[i / 2] & 15;

    private static void Scale(ReadOnlySpan<float> table, float scale, float* scaled)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            (Vector512.Create(table) * scale).Store(scaled);
            return;
        }

        for (var j = 0; j < 16; j++)
        {
            scaled[j] = table[j] * scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Round(Vector512<float> x)
    {
        var bits = x.AsUInt32();
        return Avx512F.ConvertToVector256UInt16((bits + Vector512.Create(0x7fffu) + ((bits >>> 16) & Vector512<uint>.One)) >>> 16);
    }

    private static ushort Round(float x)
    {
        var bits = BitConverter.SingleToUInt32Bits(x);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}
