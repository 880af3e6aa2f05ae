using static TorchSharp.torch;

namespace Alignment.ModelCore.Quantization;

/// <summary>How a weight is quantised.</summary>
/// <param name="Code">The 4-bit code; null: int8 by rows.</param>
/// <param name="BlockSize">Values that share a scale (4-bit); 32, 64 … 4096.</param>
/// <param name="Double">The scales are quantised too.</param>
/// <param name="OutlierThreshold">int8 only: above 0, inputs are quantised to 8 bits as well, except columns that reach this magnitude (LLM.int8).</param>
public sealed record QuantisationFormat(FourBitCode? Code, int BlockSize = 64, bool Double = false, double OutlierThreshold = 0)
{
    /// <summary>The values of the key <c>tuning.quantise</c> but for <c>none</c>.</summary>
    public static QuantisationFormat Named(string name) => name switch
    {
        "nf4" => new(FourBitCode.Nf4),
        "nf4_double" => new(FourBitCode.Nf4, Double: true),
        "int8" => new(Code: null),
        _ => throw new ArgumentException($"'{name}' is no way to quantise; there are nf4, nf4_double and int8."),
    };

    /// <summary>A frozen copy of <paramref name="dense"/> (out, in), of any floating dtype.</summary>
    public QuantisedWeight Quantise(Tensor dense) => Code is null
        ? Int8Weight.Quantise(dense, halfFirst: true, OutlierThreshold)
        : FourBitWeight.Quantise(dense, Code, BlockSize, Double);
}
