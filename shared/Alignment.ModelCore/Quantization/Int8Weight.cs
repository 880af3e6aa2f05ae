using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Quantization;

/// <summary>
/// A matrix in int8, one scale a row (LLM.int8, Dettmers et al. 2022): SCB = max|row|, q = round(x·(1/SCB·127)), to even on ties. With a
/// threshold the inputs are quantised too, except for columns with outliers.
/// </summary>
public sealed class Int8Weight : QuantisedWeight
{
    /// <summary>1/127 and 1/127² as the library writes them.</summary>
    private static readonly Scalar Unit = 7.874016e-3f, UnitSquared = 6.200124e-05f;
    private static readonly Scalar Steps = 127f, Lowest = -127f;

    internal Int8Weight(Tensor codes, Tensor scales, double threshold)
        : base(codes.shape[0], codes.shape[1]) => (Codes, Scales, Threshold) = (codes.DetachFromDisposeScope(), scales.DetachFromDisposeScope(), threshold);

    /// <summary>(out, in) int8</summary>
    public Tensor Codes { get; }

    /// <summary>(out) float32: SCB.</summary>
    public Tensor Scales { get; }

    /// <summary>0: inputs stay as they are. Above: inputs in int8, but for columns with |x| at or above it.</summary>
    public double Threshold { get; }

    public override QuantisationFormat Format => new(null, OutlierThreshold: Threshold);

    public override long Bytes => Codes.numel() + (Scales.numel() * sizeof(float));

    /// <param name="halfFirst">Round to float16 first, as bitsandbytes' layers do when they load a weight.</param>
    public static Int8Weight Quantise(Tensor dense, bool halfFirst, double threshold = 0)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var weight = dense.detach();
        var (codes, scales) = (empty(weight.shape, ScalarType.Int8), empty([weight.shape[0]], ScalarType.Float32));
        var rows = RowsAtOnce(weight.shape[1]);
        for (long first = 0; first < weight.shape[0]; first += rows)
        {
            using var inner = NewDisposeScope();
            var part = weight.narrow(0, first, Math.Min(rows, weight.shape[0] - first));
            var (c, s) = Rows((halfFirst ? part.to_type(ScalarType.Float16) : part).to_type(ScalarType.Float32));
            codes.narrow(0, first, part.shape[0]).copy_(c);
            scales.narrow(0, first, part.shape[0]).copy_(s);
        }

        return new(codes, scales, threshold);
    }

    /// <summary>Row-wise codes and scales of a float32 matrix. (n, d) → (n, d) int8, (n)</summary>
    public static (Tensor Codes, Tensor Scales) Rows(Tensor matrix)
    {
        using var scope = NewDisposeScope();
        var scales = matrix.abs().amax([1L]);
        // A row of zeros keeps codes of zero: the division by its scale would give NaN.
        var divisor = scales.Plus(scales.eq(Scalars.Zero).to_type(ScalarType.Float32));
        // The reciprocal is rounded before it meets 127, as in the library: exact halves depend on it.
        var codes = matrix.mul(divisor.reciprocal().mul(Steps).unsqueeze(1)).round().clamp(Lowest, Steps).to_type(ScalarType.Int8);
        return (codes.MoveToOuterDisposeScope(), scales.MoveToOuterDisposeScope());
    }

    internal override Tensor Product(Tensor input, Tensor? bias) => Threshold > 0 ? Mixed(input, bias, Threshold) : base.Product(input, bias);

    /// <summary>
    /// LLM.int8: columns of x in which some |x| reaches the threshold are multiplied in floating point, the others in integers:
    /// y = (Xq·Wqᵀ)·(SCA·SCBᵀ)/127² + X[:, outliers]·W[:, outliers]ᵀ + b. (…, in) → (…, out)
    /// </summary>
    public Tensor Mixed(Tensor input, Tensor? bias, double threshold)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var shape = input.shape;
        shape[^1] = OutFeatures;
        var x = input.reshape(-1, InFeatures).to_type(ScalarType.Float32);
        var (codes, scales, outliers) = Inputs(x, threshold);
        // Products of small integers are exact in float32 up to 2²⁴ and off by a rounding beyond it.
        var y = codes.to_type(ScalarType.Float32).mm(Codes.to_type(ScalarType.Float32).t())
            .mul(scales.unsqueeze(1).mul(Scales.unsqueeze(0))).mul(UnitSquared);
        if (outliers.shape[0] > 0)
        {
            var columns = Codes.index_select(1, outliers).to_type(ScalarType.Float32).mul(Scales.unsqueeze(1)).mul(Unit);
            y = y.Plus(x.index_select(1, outliers).mm(columns.t()));
        }

        y = bias is null ? y : y.Plus(bias);
        return y.to_type(input.dtype).view(shape).MoveToOuterDisposeScope();
    }

    /// <summary>Codes and scales of an input as <see cref="Mixed"/> takes it. (n, in) → (n, in) int8, (n), outlier columns</summary>
    public static (Tensor Codes, Tensor Scales, Tensor Outliers) Inputs(Tensor x, double threshold)
    {
        if (threshold <= 0)
        {
            var (all, largest) = Rows(x);
            return (all, largest, empty([0], ScalarType.Int64));
        }

        // Only the outliers themselves are left out of a row's scale; their whole columns are left out of the codes.
        using var limit = (Scalar)threshold;
        var far = x.abs().ge(limit);
        var outliers = far.any(0).nonzero().squeeze(-1);
        var (codes, scales) = Rows(x.masked_fill(far, Scalars.Zero));
        codes.index_fill_(1, outliers, Scalars.LongZero);
        return (codes, scales, outliers);
    }

    protected override void Fill(Tensor buffer)
    {
        using var none = no_grad();
        using var scope = NewDisposeScope();
        var target = buffer.narrow(0, 0, OutFeatures * InFeatures).view(OutFeatures, InFeatures);
        if (buffer.dtype == ScalarType.Float32)
        {
            target.copy_(Codes).mul_(Scales.unsqueeze(1)).mul_(Unit);
            return;
        }

        // Some rows at a time: a float32 copy of the whole would be twice the buffer.
        var rows = RowsAtOnce(InFeatures);
        for (long first = 0; first < OutFeatures; first += rows)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(rows, OutFeatures - first);
            target.narrow(0, first, count).copy_(Codes.narrow(0, first, count).to_type(ScalarType.Float32).mul_(Scales.narrow(0, first, count).unsqueeze(1)).mul_(Unit));
        }
    }

    public override IEnumerable<(string Suffix, Tensor Value)> Export() => [("weight", Codes), ("SCB", Scales), ("weight_format", zeros([], ScalarType.Byte))];

    private static long RowsAtOnce(long columns) => Math.Max(1, (1 << 18) / columns);

    public override void Dispose()
    {
        Codes.Dispose();
        Scales.Dispose();
    }
}
