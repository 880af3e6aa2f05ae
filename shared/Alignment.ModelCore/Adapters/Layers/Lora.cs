using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

/// <summary>
/// LoRA (Hu et al. 2021), W' = W + s·BA with s = α/r, or α/√r (rsLoRA, Kalajdzievski 2023); DoRA (Liu et al. 2024),
/// W' = m ⊙ (W + sBA)/‖W + sBA‖ with the row norms outside the graph. A (r, in), B (out, r), m (out). Dropout acts on the input of A.
/// </summary>
public sealed class Lora : LayerAdapter
{
    private readonly Parameter a;
    private readonly Parameter b;
    private readonly Parameter? biasOfB;
    private readonly Parameter? magnitude;
    private readonly double dropout;
    private readonly Scalar scale;

    public Lora(Tensor a, Tensor b, double scale, double dropout = 0, Tensor? biasOfB = null, Tensor? magnitude = null)
    {
        this.a = Own("lora_A.weight", a);
        this.b = Own("lora_B.weight", b);
        this.biasOfB = biasOfB is null ? null : Own("lora_B.bias", biasOfB);
        this.magnitude = magnitude is null ? null : Own("lora_magnitude_vector", magnitude);
        (this.dropout, Scale, this.scale) = (dropout, scale, scale);
    }

    /// <summary>s.</summary>
    public double Scale { get; }

    /// <summary>Whether this is DoRA.</summary>
    public bool Decomposed => magnitude is not null;

    public override bool NeedsBias => biasOfB is not null;

    internal Tensor A => a;

    internal Tensor B => b;

    /// <summary>While learning beside a frozen, dense base in one dtype, without dropout.</summary>
    public override Tensor? Whole(Projection target, Tensor input)
    {
        if (!is_grad_enabled() || magnitude is not null || biasOfB is not null || (target.training && dropout > 0) || target.IsQuantised || (target.ComputeType ?? a.dtype) != a.dtype)
        {
            return null;
        }

        return target.Weight.requires_grad || target.Weight.dtype != a.dtype || input.dtype != a.dtype || target.Bias is { requires_grad: true } ? null
            : LoraProduct.Compute(input, target.Dense(), target.Bias, a, b, scale);
    }

    /// <summary>(…, in), (…, out) → (…, out)</summary>
    public override Tensor Output(Projection target, Tensor input, Tensor output)
    {
        var dropped = target.training && dropout > 0 ? nn.functional.dropout(input, dropout, training: true) : input;
        var type = target.ComputeType ?? a.dtype;
        var narrow = Projection.Product(dropped, a, null, type).mul(scale);
        if (magnitude is null && biasOfB is null && output.dtype == type)
        {
            // The sum is taken inside the product: one pass over the output less.
            var wide = b.dtype == type ? b : b.to_type(type);
            return output.reshape(-1, output.shape[^1]).addmm(narrow.reshape(-1, narrow.shape[^1]), wide.t()).view(output.shape);
        }

        var low = Projection.Product(narrow, b, biasOfB?.mul(scale), type);
        if (magnitude is null)
        {
            return output.Plus(low.to_type(output.dtype));
        }

        // y = b + W·x + (g − 1)·W·x̃ + g·s·BA·x̃ with g = m/‖W + sBA‖; x̃ is the input after dropout.
        var weight = target.Dense();
        var g = magnitude.div(RowNorms(weight.detach().Plus(Delta().detach().to_type(weight.dtype))));
        var plain = !ReferenceEquals(dropped, input) ? Projection.Product(dropped, weight, null, type) : target.Bias is null ? output : output.sub(target.Bias);
        return output.Plus(plain.mul(g.sub(Scalars.One)).to_type(output.dtype)).Plus(low.mul(g).to_type(output.dtype));
    }

    public override Tensor Weight(Tensor weight)
    {
        var moved = weight.Plus(Delta().to_type(weight.dtype));
        return magnitude is null ? moved : moved.mul(magnitude.to_type(weight.dtype).div(RowNorms(moved)).unsqueeze(1));
    }

    public override Tensor Bias(Tensor bias) => biasOfB is null ? bias : bias.Plus(biasOfB.mul(scale).to_type(bias.dtype));

    public override Tensor UnmergedWeight(Tensor weight) => magnitude is null ? weight.sub(Delta().to_type(weight.dtype))
        : throw new AdapterException("DoRA cannot be unmerged: the merge replaces the row norms ‖W + sBA‖ by m and keeps no trace of them. Keep the base.");

    public override Tensor UnmergedBias(Tensor bias) => biasOfB is null ? bias : bias.sub(biasOfB.mul(scale).to_type(bias.dtype));

    /// <summary>s·BA (out, in).</summary>
    internal Tensor Delta() => b.mm(a).mul(scale);

    /// <summary>Norms over the input, outside the graph. (out, in) → (out)</summary>
    internal static Tensor RowNorms(Tensor weight) => weight.detach().square().sum([1L]).sqrt();
}
