using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Alignment.ModelCore.Checkpointing;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Quantization;

/// <summary>
/// A matrix as 4-bit codes in blocks that run over its values row by row, whatever the rows' length; the last block may be short. Per
/// block absmax = max|x|, code = nearest of the table to x/absmax; two codes to a byte, the first in the high half.
/// </summary>
public sealed class FourBitWeight : QuantisedWeight
{
    /// <summary>Blocks restored at a time, so that their scales stay in cache.</summary>
    private const int BlocksAtOnce = 1024;

    private FourBitWeight(long outFeatures, long inFeatures, FourBitCode code, int blockSize, ScalarType dtype, Tensor packed, BlockScales scales)
        : base(outFeatures, inFeatures)
    {
        (Code, BlockSize, DType, Packed, Scales) = (code, blockSize, dtype, packed.DetachFromDisposeScope(), scales);
    }

    public FourBitCode Code { get; }

    public int BlockSize { get; }

    /// <summary>Dtype of the weight that was quantised; a file says it.</summary>
    public ScalarType DType { get; }

    /// <summary>(⌈n/2⌉, 1) uint8</summary>
    public Tensor Packed { get; }

    public BlockScales Scales { get; }

    public override QuantisationFormat Format => new(Code, BlockSize, Scales.IsNested);

    public override long Bytes => Packed.numel() + Scales.Bytes;

    /// <summary>Quantises a (out, in) matrix of any floating dtype.</summary>
    public static FourBitWeight Quantise(Tensor dense, FourBitCode code, int blockSize = 64, bool @double = false)
    {
        CheckBlock(blockSize);
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var (rows, columns) = dense.dim() == 2 ? (dense.shape[0], dense.shape[1]) : throw new ArgumentException($"A weight of {dense.dim()} dimensions cannot be quantised; two are expected.");
        var flat = dense.detach().to_type(ScalarType.Float32).contiguous();
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(flat.bytes);
        var blocks = (values.Length + blockSize - 1) / blockSize;
        // Rented: an array a layer would be garbage of megabytes that stays resident until somebody collects it.
        var rented = ArrayPool<float>.Shared.Rent(blocks);
        try
        {
            var absmax = rented.AsSpan(0, blocks);
            var packed = empty([(values.Length + 1) / 2, 1], ScalarType.Byte);
            Encode(values, code, blockSize, absmax, packed.bytes);
            return new(rows, columns, code, blockSize, dense.dtype, packed, @double ? BlockScales.Nested(absmax) : BlockScales.Plain(absmax));
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>Takes codes and scales as a file has them; the tensors become this object's own.</summary>
    internal static FourBitWeight Stored(long outFeatures, long inFeatures, FourBitCode code, int blockSize, ScalarType dtype, Tensor packed, BlockScales scales)
    {
        CheckBlock(blockSize);
        var count = outFeatures * inFeatures;
        if (packed.numel() != (count + 1) / 2 || scales.Count != (count + blockSize - 1) / blockSize)
        {
            throw new CheckpointException($"A 4-bit weight of [{outFeatures}, {inFeatures}] in blocks of {blockSize} has {(count + 1) / 2} bytes and {(count + blockSize - 1) / blockSize} scales; the file has {packed.numel()} and {scales.Count}.");
        }

        return new(outFeatures, inFeatures, code, blockSize, dtype, packed, scales);
    }

    protected override unsafe void Fill(Tensor buffer)
    {
        if (buffer.dtype is not (ScalarType.Float32 or ScalarType.BFloat16))
        {
            using var single = Dense(ScalarType.Float32);
            using var flat = single.view(-1);
            using var part = buffer.narrow(0, 0, flat.shape[0]);
            part.copy_(flat);
            return;
        }

        Span<float> scales = stackalloc float[BlocksAtOnce];
        var count = OutFeatures * InFeatures;
        fixed (byte* packed = Packed.bytes, target = buffer.bytes)
        {
            for (long first = 0; first < Scales.Count; first += BlocksAtOnce)
            {
                var some = scales[..(int)Math.Min(BlocksAtOnce, Scales.Count - first)];
                Scales.Restore((int)first, some);
                var start = first * BlockSize;
                if (buffer.dtype == ScalarType.Float32)
                {
                    FourBitKernel.ToFloat(packed + (start / 2), some, BlockSize, Code.Table, (float*)target + start, count - start);
                }
                else
                {
                    FourBitKernel.ToBFloat16(packed + (start / 2), some, BlockSize, Code.Table, (ushort*)target + start, count - start);
                }
            }
        }
    }

    public override IEnumerable<(string Suffix, Tensor Value)> Export() => BitsAndBytesLayout.Export(this);

    public override void Dispose()
    {
        Packed.Dispose();
        Scales.Dispose();
    }

    private static void Encode(ReadOnlySpan<float> values, FourBitCode code, int blockSize, Span<float> absmax, Span<byte> packed)
    {
        Span<byte> codes = new byte[blockSize + 1];
        for (var b = 0; b < absmax.Length; b++)
        {
            var block = values.Slice(b * blockSize, Math.Min(blockSize, values.Length - (b * blockSize)));
            var top = Largest(block);
            // A short last block of zeros keeps a scale that can be divided by, as bitsandbytes has it.
            absmax[b] = top = block.Length < blockSize ? MathF.Max(top, 1e-38f) : top;
            code.Encode(block, top == 0 ? 0 : 1 / top, codes);
            if (block.Length < blockSize)
            {
                codes[block.Length] = code.Encode(0);
            }

            for (var i = 0; i < block.Length; i += 2)
            {
                packed[((b * blockSize) + i) / 2] = (byte)((codes[i] << 4) | codes[i + 1]);
            }
        }
    }

    /// <summary>max|x|; every operation lets NaN through.</summary>
    private static float Largest(ReadOnlySpan<float> block)
    {
        var i = 0;
        var wide = Vector512<float>.Zero;
        for (; i <= block.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            wide = Vector512.Max(wide, Vector512.Abs(Vector512.Create(block[i..])));
        }

        var top = 0f;
        for (var j = 0; j < Vector512<float>.Count; j++)
        {
            top = MathF.Max(top, wide[j]);
        }

        for (; i < block.Length; i++)
        {
            top = MathF.Max(top, MathF.Abs(block[i]));
        }

        return float.IsFinite(top) ? top : throw new InvalidDataException("The weight has numbers that are not finite; they cannot be quantised.");
    }

    private static void CheckBlock(int blockSize)
    {
        if (blockSize is < 32 or > 4096 || !BitOperations.IsPow2(blockSize))
        {
            throw new ArgumentException($"4-bit blocks hold 32, 64 … 4096 values, not {blockSize}.");
        }
    }
}
