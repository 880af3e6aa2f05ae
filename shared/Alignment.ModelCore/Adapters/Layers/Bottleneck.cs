using Alignment.ModelCore.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

/// <summary>Where the narrow layer of a bottleneck adapter looks: at what the sub-layer adds, at the sum, or at the stream before it.</summary>
public enum BottleneckInput
{
    /// <summary>s: Houlsby et al. 2019.</summary>
    Added,

    /// <summary>x + s: Pfeiffer et al. 2020.</summary>
    Sum,

    /// <summary>x, before the norm: parallel adapters, He et al. 2021.</summary>
    Before,
}

/// <summary>s ← s + a·U·f(D·z + d) + u with z one of <see cref="BottleneckInput"/>, x the residual stream and s what the sub-layer adds to it. D (b, d), U (d, b).</summary>
public sealed class Bottleneck : IDisposable
{
    private readonly List<(string Key, Parameter Value)> tensors = [];
    private readonly Parameter down;
    private readonly Parameter downBias;
    private readonly Parameter up;
    private readonly Parameter upBias;
    private readonly Parameter? learnedScale;
    private readonly Scalar? scale;
    private readonly BottleneckInput input;
    private readonly Func<Tensor, Tensor> activate;
    private readonly double dropout;

    /// <param name="get">A start by name and shape.</param>
    /// <param name="scale">a; null: learned, from 1.</param>
    public Bottleneck(Func<string, long[], Tensor> get, long width, long size, BottleneckInput input, Func<Tensor, Tensor> activate, double? scale, double dropout)
    {
        (this.input, this.activate, this.dropout) = (input, activate, dropout);
        down = Own(get, "adapter_down.weight", size, width);
        downBias = Own(get, "adapter_down.bias", size);
        up = Own(get, "adapter_up.weight", width, size);
        upBias = Own(get, "adapter_up.bias", width);
        if (scale is { } fixedScale)
        {
            this.scale = fixedScale;
        }
        else
        {
            learnedScale = Own(get, "scaling", 1);
        }
    }

    public IReadOnlyList<(string Key, Parameter Value)> Tensors => tensors;

    /// <summary>added s, before x (B, T, D) → the new s.</summary>
    public Tensor Forward(Tensor added, Tensor before, bool training)
    {
        var z = (input switch { BottleneckInput.Added => added, BottleneckInput.Sum => added.Plus(before), _ => before }).to_type(down.dtype);
        var narrow = activate(nn.functional.linear(z, down, downBias));
        var wide = nn.functional.linear(narrow, up, upBias);
        var scaled = learnedScale is not null ? wide.mul(learnedScale) : wide.mul(scale!);
        return added.Plus((training && dropout > 0 ? nn.functional.dropout(scaled, dropout, training: true) : scaled).to_type(added.dtype));
    }

    public void Dispose() => tensors.ForEach(t => t.Value.Dispose());

    private Parameter Own(Func<string, long[], Tensor> get, string name, params long[] shape)
    {
        var parameter = Parameters.Copy(get(name, shape));
        tensors.Add((name, parameter));
        return parameter;
    }
}
