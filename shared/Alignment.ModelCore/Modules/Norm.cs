using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>RMSNorm (arXiv 1910.07467), Gemma's 1 + w form of it, or LayerNorm over the last axis. Sums are taken in float32 or better.</summary>
public sealed class Norm : nn.Module<Tensor, Tensor>
{
    private readonly NormKind kind;
    private readonly double epsilon;
    private readonly Scalar epsilonScalar;
    private readonly long[] normalizedShape;

    public Norm(ParameterSource source, string path, NormKind kind, double epsilon, long size)
        : base(nameof(Norm))
    {
        this.kind = kind;
        this.epsilon = epsilon;
        epsilonScalar = epsilon;
        normalizedShape = [size];
        Weight = source.Get(path + ".weight", [size], kind == NormKind.RmsPlusOne ? Initialisation.Zeros : Initialisation.Ones);
        register_parameter("weight", Weight);
        if (kind == NormKind.Layer)
        {
            Bias = source.Get(path + ".bias", [size], Initialisation.Zeros);
            register_parameter("bias", Bias);
        }
    }

    /// <summary>(S)</summary>
    public Parameter Weight { get; }

    public Parameter? Bias { get; }

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
        var weight = narrow ? Weight.to_type(ScalarType.Float32) : Weight;
        var scaled = normal.mul(kind == NormKind.Rms ? weight : weight.add(Scalars.One));
        // One rounding, after the weight; rounding before it too, as some implementations do, only loses digits.
        return narrow ? scaled.to_type(input.dtype) : scaled;
    }
}
