using Alignment.ModelCore.Architectures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>Random parameters, the same for the same seed and order of modules.</summary>
public sealed class FreshParameters(DecoderConfig config, ulong seed, ScalarType dtype) : ParameterSource, IDisposable
{
    private readonly Generator generator = new(seed);

    public override Parameter Get(string name, long[] shape, Initialisation initialisation)
    {
        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var std = config.InitializerRange / (initialisation == Initialisation.Residual ? Math.Sqrt(2.0 * config.LayerCount) : 1);
        var tensor = initialisation switch
        {
            Initialisation.Zeros => torch.zeros(shape, dtype),
            Initialisation.Ones => torch.ones(shape, dtype),
            // Drawn in float32 whatever the dtype, so that a bf16 model starts at the rounded weights of its fp32 twin.
            _ => torch.randn(shape, ScalarType.Float32, generator: generator).mul_((Scalar)std).to_type(dtype),
        };
        return Own(tensor);
    }

    public void Dispose() => generator.Dispose();
}
