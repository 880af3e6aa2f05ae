using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Kernels;
using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>
/// Half-split rotary embedding: out = x·cos + (−x₂, x₁)·sin. The tables are computed in double precision, once for as many positions
/// as were needed, and rounded to the compute dtype.
/// </summary>
public sealed class Rotary : IDisposable
{
    private readonly double[] inverse;
    private readonly double attentionFactor;
    private readonly int headSize;
    private readonly Dictionary<ScalarType, (Tensor Cos, Tensor Sin)> tables = [];

    public Rotary(RopeConfig rope, int headSize)
        : this(RotaryFrequencies.Compute(rope, headSize))
    {
    }

    /// <param name="inverseFrequencies">S/2 radians per position.</param>
    /// <param name="attentionFactor">Multiplies cos and sin.</param>
    public Rotary(IReadOnlyList<double> inverseFrequencies, double attentionFactor)
        : this(([.. inverseFrequencies], attentionFactor))
    {
    }

    private Rotary((double[] Inverse, double AttentionFactor) made)
    {
        (inverse, attentionFactor) = made;
        headSize = 2 * inverse.Length;
    }

    /// <summary>Radians per position of each pair, S/2 of them.</summary>
    public IReadOnlyList<double> InverseFrequencies => inverse;

    /// <summary>Multiplies cos and sin.</summary>
    public double AttentionFactor => attentionFactor;

    /// <summary>Cos and signed sin for the positions. (B or 1, T) → two of (B or 1, T, 1, S).</summary>
    public (Tensor Cos, Tensor Sin) At(Positions positions, ScalarType dtype)
    {
        var (cos, sin) = Table(positions.Largest + 1, dtype);
        if (positions.Start is { } start)
        {
            return (cos.narrow(0, start, positions.Length).view(1, positions.Length, 1, headSize), sin.narrow(0, start, positions.Length).view(1, positions.Length, 1, headSize));
        }

        var flat = positions.Ids!.reshape(-1);
        long[] shape = [positions.Ids!.shape[0], positions.Length, 1, headSize];
        return (cos.index_select(0, flat).view(shape), sin.index_select(0, flat).view(shape));
    }

    /// <summary>Rotates each head. x (B, T, heads, S).</summary>
    public static Tensor Apply(Tensor x, Tensor cos, Tensor sin)
    {
        // roll by S/2 swaps the halves; the sign of the first half is in the table.
        return torch.addcmul(x.mul(cos), x.roll(x.shape[^1] / 2, -1), sin, Scalars.One);
    }

    public void Dispose()
    {
        foreach (var (cos, sin) in tables.Values)
        {
            cos.Dispose();
            sin.Dispose();
        }

        tables.Clear();
    }

    private (Tensor Cos, Tensor Sin) Table(long positions, ScalarType dtype)
    {
        if (tables.TryGetValue(dtype, out var known) && known.Cos.shape[0] >= positions)
        {
            return known;
        }

        // A table made under inference mode could not be saved for a later backward pass.
        using var normal = torch.inference_mode(false);
        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var count = (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(positions, 256));
        var angles = torch.outer(torch.arange(count, ScalarType.Float64), torch.tensor(inverse, ScalarType.Float64));
        using var factor = (Scalar)attentionFactor;
        var cos = angles.cos().mul(factor);
        var sin = angles.sin().mul(factor);
        var made = (
            torch.cat([cos, cos], -1).to_type(dtype).DetachFromDisposeScope(),
            torch.cat([sin.neg(), sin], -1).to_type(dtype).DetachFromDisposeScope());
        if (known.Cos is not null)
        {
            known.Cos.Dispose();
            known.Sin.Dispose();
        }

        tables[dtype] = made;
        return made;
    }
}
