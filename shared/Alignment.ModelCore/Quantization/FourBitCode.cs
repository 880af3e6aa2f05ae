using System.Runtime.Intrinsics;

namespace Alignment.ModelCore.Quantization;

/// <summary>
/// A code of 16 values in [−1, 1]. NF4 (Dettmers et al. 2023, QLoRA, appendix E): the quantiles of a normal distribution, with an exact
/// zero. FP4: sign, two exponent bits, one mantissa bit. Tables, midpoints and ties as bitsandbytes has them.
/// </summary>
public sealed class FourBitCode
{
    private static readonly float[] Nf4Values =
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f,
        -0.09105003625154495f, 0.0f, 0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    private static readonly float[] Fp4Values =
    [
        0.0f, 0.0052083334885537624f, 0.6666666865348816f, 1.0f, 0.3333333432674408f, 0.5f, 0.1666666716337204f, 0.25f,
        -0.0f, -0.0052083334885537624f, -0.6666666865348816f, -1.0f, -0.3333333432674408f, -0.5f, -0.1666666716337204f, -0.25f,
    ];

    private readonly float[] midpoints;
    private readonly byte[] codes;

    private FourBitCode(string name, float[] table)
    {
        (Name, Table) = (name, table);
        codes = [.. Enumerable.Range(0, 16).OrderBy(i => table[i]).Select(i => (byte)i)];
        midpoints = [.. codes.Zip(codes.Skip(1)).Select(p => (table[p.First] + table[p.Second]) / 2)];
        // Two codes of FP4 mean zero; only the first is written.
        codes = [.. codes.Select(c => table[c] == 0 ? (byte)Array.IndexOf(table, 0f) : c)];
    }

    public static FourBitCode Nf4 { get; } = new("nf4", Nf4Values);

    public static FourBitCode Fp4 { get; } = new("fp4", Fp4Values);

    /// <summary><c>nf4</c> or <c>fp4</c>.</summary>
    public string Name { get; }

    /// <summary>The value of each code.</summary>
    internal float[] Table { get; }

    /// <summary>The value of each code, 16.</summary>
    public IReadOnlyList<float> Values => Table;

    /// <summary>Where the nearest value changes, in rising order, 15; a number on a midpoint takes the lower neighbour.</summary>
    public IReadOnlyList<float> Midpoints => midpoints;

    public static FourBitCode Named(string name) => name switch
    {
        "nf4" => Nf4,
        "fp4" => Fp4,
        _ => throw new ArgumentException($"'{name}' is no 4-bit code; there are nf4 and fp4."),
    };

    /// <summary>The code nearest to x in [−1, 1].</summary>
    public byte Encode(float x)
    {
        var i = 0;
        foreach (var m in midpoints)
        {
            i += m < x ? 1 : 0;
        }

        return codes[i];
    }

    /// <summary>Codes of x·scale clamped to [−1, 1]; lengths equal.</summary>
    internal void Encode(ReadOnlySpan<float> values, float scale, Span<byte> result)
    {
        var i = 0;
        var width = Vector512<float>.Count;
        Span<int> positions = stackalloc int[width];
        for (; i <= values.Length - width; i += width)
        {
            var x = Vector512.Min(Vector512.Max(Vector512.Create(values[i..]) * scale, Vector512.Create(-1f)), Vector512<float>.One);
            var above = Vector512<int>.Zero;
            foreach (var m in midpoints)
            {
                above -= Vector512.LessThan(Vector512.Create(m), x).AsInt32();
            }

            above.CopyTo(positions);
            for (var j = 0; j < width; j++)
            {
                result[i + j] = codes[positions[j]];
            }
        }

        for (; i < values.Length; i++)
        {
            result[i] = Encode(Math.Clamp(values[i] * scale, -1f, 1f));
        }
    }
}
