using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>RMSNorm (arXiv 1910.07467), Gemma's 1 + w form of it, or LayerNorm over the last axis. Sums are taken in float32 or better.</summary>
public sealed class Norm : nn.Module<Tensor, Tensor>, IReplaceable
{
    private readonly NormKind kind;
    private readonly double epsilon;
    private readonly Scalar epsilonScalar;
    private readonly long[] normalizedShape;
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private Parameter? otherWeight;
    private Parameter? otherBias;

    public Norm(ParameterSource source, string path, NormKind kind, double epsilon, long size)
        : base(nameof(Norm))
    {
        this.kind = kind;
        this.epsilon = epsilon;
        epsilonScalar = epsilon;
        normalizedShape = [size];
        weight = source.Get(path + ".weight", [size], kind == NormKind.RmsPlusOne ? Initialisation.Zeros : Initialisation.Ones);
        register_parameter("weight", weight);
        if (kind == NormKind.Layer)
        {
            bias = source.Get(path + ".bias", [size], Initialisation.Zeros);
            register_parameter("bias", bias);
        }
    }

    /// <summary>(S)</summary>
    public Parameter Weight => otherWeight ?? weight;

    public Parameter? Bias => otherBias ?? bias;

    public IEnumerable<string> Replaceable => bias is null ? ["weight"] : ["weight", "bias"];

    public Parameter Own(string name) => (name == "weight" ? weight : bias) ?? throw new InvalidOperationException($"This norm has no {name}.");

    public void Replace(string name, Parameter? by)
    {
        if (name == "weight")
        {
            otherWeight = by;
        }
        else
        {
            otherBias = by;
        }
    }

    /// <summary>(…, S) → (…, S)</summary>
    public override Tensor forward(Tensor input)
    {
        if (kind == NormKind.Layer)
        {
            return nn.functional.layer_norm(input, normalizedShape, Weight, Bias, epsilon);
        }

        var narrow = input.dtype is ScalarType.BFloat16 or ScalarType.Float16;
        var x = narrow ? input.to_type(ScalarType.Float32) : input;
        var normal = x.mul(x.square().mean([-1L], keepdim: true).add_(epsilonScalar).rsqrt_());
        var scale = narrow ? Weight.to_type(ScalarType.Float32) : Weight;
        var scaled = normal.mul(kind == NormKind.Rms ? scale : scale.add(Scalars.One));
        // One rounding, after the weight; rounding before it too, as some implementations do, only loses digits.
        return narrow ? scaled.to_type(input.dtype) : scaled;
    }
}
