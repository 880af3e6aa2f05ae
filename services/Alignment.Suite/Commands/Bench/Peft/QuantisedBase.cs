using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Quantization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.Suite.Commands.Bench.Peft;

/// <summary>What a base in NF4 takes in memory by every parameter of the model, embedding, norms, head and scratch buffers included.</summary>
internal static class QuantisedBase
{
    public static SpeedRow Measure(bool quick)
    {
        using var scope = torch.NewDisposeScope();
        using var none = torch.no_grad();
        Use(Shapes.Llama(64, 128, 1), out _).Dispose();
        var before = Resident();
        using var model = Use(Shapes.Llama(1024, 2816, quick ? 8 : 24), out var parameters);
        return new("NF4 base, bytes a parameter of the resident set", (Resident() - before) / (double)parameters, 0.6, true, "B");
    }

    /// <summary>The resident set without what the collector would give back.</summary>
    private static long Resident()
    {
        GC.Collect();
        return Environment.WorkingSet;
    }

    /// <summary>A random model whose layers are quantised as they are made, after one forward pass with bfloat16 products.</summary>
    private static CausalModel Use(DecoderConfig config, out long parameters)
    {
        using var fresh = new FreshParameters(config, 1, ScalarType.Float32);
        using var source = new Quantising(fresh);
        var model = new CausalModel(config, source);
        source.Dispose();
        model.ComputeIn(ScalarType.BFloat16);
        model.Forward(torch.ones([1, 1], ScalarType.Int64)).Dispose();
        parameters = source.Parameters;
        return model;
    }

    private sealed class Quantising(FreshParameters fresh) : ParameterSource, IDisposable
    {
        private readonly QuantisationFormat format = QuantisationFormat.Named("nf4_double");

        // One draw for all layers: drawing takes longer than quantising.
        private readonly Tensor drawn = torch.randn(1024L * 2816).DetachFromDisposeScope();

        public long Parameters { get; private set; }

        public override Parameter Get(string name, long[] shape, Initialisation initialisation)
        {
            Parameters += shape.Aggregate(1L, (a, b) => a * b);
            return fresh.Get(name, shape, initialisation);
        }

        public override IWeightStore? Store(string path, long outFeatures, long inFeatures, bool transposed)
        {
            Parameters += outFeatures * inFeatures;
            using var part = drawn.narrow(0, 0, outFeatures * inFeatures);
            using var shaped = part.view(outFeatures, inFeatures);
            return format.Quantise(shaped);
        }

        public void Dispose() => drawn.Dispose();
    }
}
