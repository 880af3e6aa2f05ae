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
        var before = Environment.WorkingSet;
        using var model = Use(Shapes.Llama(1024, 2816, quick ? 8 : 24), out var parameters);
        return new("NF4 base, bytes a parameter of the resident set", (Environment.WorkingSet - before) / (double)parameters, 0.6, true, "B");
    }

    /// <summary>A random model whose layers are quantised as they are made, after one forward pass.</summary>
    private static CausalModel Use(DecoderConfig config, out long parameters)
    {
        using var fresh = new FreshParameters(config, 1, ScalarType.Float32);
        var source = new Quantising(fresh);
        var model = new CausalModel(config, source);
        model.Forward(torch.ones([1, 1], ScalarType.Int64)).Dispose();
        parameters = source.Parameters;
        return model;
    }

    private sealed class Quantising(FreshParameters fresh) : ParameterSource
    {
        private readonly QuantisationFormat format = QuantisationFormat.Named("nf4_double");
        private readonly Dictionary<long, Tensor> drawn = [];

        public long Parameters { get; private set; }

        public override Parameter Get(string name, long[] shape, Initialisation initialisation)
        {
            Parameters += shape.Aggregate(1L, (a, b) => a * b);
            return fresh.Get(name, shape, initialisation);
        }

        // One draw for all layers of a size: drawing takes longer than quantising.
        public override IWeightStore? Store(string path, long outFeatures, long inFeatures, bool transposed)
        {
            var count = outFeatures * inFeatures;
            Parameters += count;
            if (!drawn.TryGetValue(0, out var values) || values.numel() < count)
            {
                drawn[0] = values = torch.randn(1024L * 2816).DetachFromDisposeScope();
            }

            using var part = values.narrow(0, 0, count).view(outFeatures, inFeatures);
            return format.Quantise(part);
        }
    }
}
