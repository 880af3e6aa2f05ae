using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>Pre-norm block: x += attention(norm(x)); x += mlp(norm(x)).</summary>
public sealed class DecoderBlock : nn.Module
{
    private readonly Norm attentionNorm;
    private readonly Norm mlpNorm;

    public DecoderBlock(DecoderConfig config, int layer, ParameterSource source, string path)
        : base(nameof(DecoderBlock))
    {
        var n = config.Names;
        Dropout = config.ResidualDropout;
        Attention = new(config, layer, source, $"{path}.{n.Attention}");
        Mlp = new(config, source, $"{path}.{n.Mlp}");
        attentionNorm = new(source, $"{path}.{n.AttentionNorm}", config.Norm, config.NormEpsilon, config.Width);
        mlpNorm = new(source, $"{path}.{n.MlpNorm}", config.Norm, config.NormEpsilon, config.Width);
        register_module(n.Attention, Attention);
        register_module(n.Mlp, Mlp);
        register_module(n.AttentionNorm, attentionNorm);
        register_module(n.MlpNorm, mlpNorm);
    }

    /// <summary>Dropout on what attention and MLP add, in training mode.</summary>
    public double Dropout { get; set; }

    public Attention Attention { get; }

    public FeedForward Mlp { get; }

    /// <summary>Acts on what attention adds to the stream, given (added, stream before). Bottleneck adapters.</summary>
    public Func<Tensor, Tensor, Tensor>? AfterAttention { get; set; }

    /// <summary>Acts on what the MLP adds to the stream, given (added, stream before).</summary>
    public Func<Tensor, Tensor, Tensor>? AfterMlp { get; set; }

    /// <summary>x (B, T, D) → (B, T, D).</summary>
    public Tensor Forward(Tensor x, (Tensor Cos, Tensor Sin)? rotation, LayerMask mask, IPastKeyValues? past)
    {
        using var scope = torch.NewDisposeScope();
        var attended = Drop(Attention.Forward(attentionNorm.forward(x), rotation, mask, past));
        var middle = x.Plus(AfterAttention is null ? attended : AfterAttention(attended, x));
        var added = Drop(Mlp.forward(mlpNorm.forward(middle)));
        return middle.Plus(AfterMlp is null ? added : AfterMlp(added, middle)).MoveToOuterDisposeScope();
    }

    private Tensor Drop(Tensor x) => training && Dropout > 0 ? nn.functional.dropout(x, Dropout, training: true) : x;
}
