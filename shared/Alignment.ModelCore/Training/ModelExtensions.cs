using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>What recipes ask of a model or a tensor in one word.</summary>
public static class ModelExtensions
{
    /// <summary>The parameters that learn, by name; those with gradients off are left out.</summary>
    public static IReadOnlyList<(string Name, Tensor Value)> Trainable(this nn.Module model) =>
        [.. model.named_parameters().Where(p => p.parameter.requires_grad).Select(p => (p.name, (Tensor)p.parameter))];

    /// <summary>Switches the gradients of every parameter off: a reference never learns.</summary>
    public static void Freeze(this nn.Module model)
    {
        foreach (var p in model.parameters())
        {
            p.requires_grad = false;
        }
    }

    /// <summary>Dropout on embeddings, attention and residual stream in place of what config.json says; it acts in training mode only.</summary>
    public static void SetDropout(this nn.Module model, double rate)
    {
        foreach (var module in model.modules())
        {
            switch (module)
            {
                case Decoder decoder:
                    decoder.EmbeddingDropout = rate;
                    break;
                case DecoderBlock block:
                    block.Dropout = rate;
                    break;
                case Attention attention:
                    attention.Dropout = rate;
                    break;
            }
        }
    }

    /// <summary>The single element as a double.</summary>
    public static double ToDouble(this Tensor t)
    {
        using var scope = NewDisposeScope();
        return t.detach().to_type(ScalarType.Float64).item<double>();
    }

    /// <summary>Every element as a double, row-major.</summary>
    public static double[] ToDoubles(this Tensor t)
    {
        using var scope = NewDisposeScope();
        return t.detach().to_type(ScalarType.Float64).contiguous().data<double>().ToArray();
    }
}
