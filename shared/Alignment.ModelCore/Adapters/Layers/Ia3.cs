using Alignment.ModelCore.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

/// <summary>IA³ (Liu et al. 2022): keys and values times l (out, 1), the bias included; the feed-forward's input times l (1, in).</summary>
public sealed class Ia3 : LayerAdapter
{
    // As PEFT divides: a factor trained to zero must not give infinities.
    private static readonly Scalar Tiny = 1e-8;
    private readonly Parameter scale;
    private readonly bool onInput;

    public Ia3(Tensor scale, bool onInput)
    {
        this.scale = Own("ia3_l", scale);
        this.onInput = onInput;
    }

    public override Tensor Input(Tensor input) => onInput ? input.mul(scale.flatten().to_type(input.dtype)) : input;

    public override Tensor Output(Projection target, Tensor input, Tensor output) => onInput ? output : output.mul(scale.flatten().to_type(output.dtype));

    public override Tensor Weight(Tensor weight) => weight.mul(scale.to_type(weight.dtype));

    public override Tensor Bias(Tensor bias) => onInput ? bias : bias.mul(scale.flatten().to_type(bias.dtype));

    public override Tensor UnmergedWeight(Tensor weight) => weight.div(scale.to_type(weight.dtype).add(Tiny));

    public override Tensor UnmergedBias(Tensor bias) => onInput ? bias : bias.div(scale.flatten().to_type(bias.dtype).add(Tiny));
}
