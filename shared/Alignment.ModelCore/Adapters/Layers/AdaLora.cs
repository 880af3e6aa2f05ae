using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

/// <summary>AdaLoRA (Zhang et al. 2023): W' = W + α/(r + 1e-5)·B(A ⊙ E), a singular value decomposition in spirit. A (r, in), E (r, 1), B (out, r).</summary>
public sealed class AdaLora : LayerAdapter
{
    private readonly Parameter a;
    private readonly Parameter b;
    private readonly Parameter e;
    private readonly double dropout;
    private readonly Scalar scale;

    public AdaLora(Tensor a, Tensor b, Tensor e, double alpha, double dropout)
    {
        this.a = Own("lora_A", a);
        this.b = Own("lora_B", b);
        this.e = Own("lora_E", e);
        (this.dropout, scale) = (dropout, alpha / (a.shape[0] + 1e-5));
    }

    /// <summary>(…, in), (…, out) → (…, out)</summary>
    public override Tensor Output(Projection target, Tensor input, Tensor output)
    {
        var dropped = target.training && dropout > 0 ? nn.functional.dropout(input, dropout, training: true) : input;
        var type = target.ComputeType ?? a.dtype;
        return output.Plus(Projection.Product(Projection.Product(dropped, a.mul(e), null, type), b, null, type).mul(scale).to_type(output.dtype));
    }

    public override Tensor Weight(Tensor weight) => weight.Plus(Delta().to_type(weight.dtype));

    public override Tensor UnmergedWeight(Tensor weight) => weight.sub(Delta().to_type(weight.dtype));

    /// <summary>‖AAᵀ − I‖ and ‖BᵀB − I‖ (Frobenius): how far the factors are from orthogonal.</summary>
    internal IEnumerable<Tensor> Orthogonality()
    {
        var identity = torch.eye(a.shape[0], dtype: a.dtype);
        yield return a.mm(a.t()).sub(identity).square().sum().sqrt();
        yield return b.t().mm(b).sub(identity).square().sum().sqrt();
    }

    private Tensor Delta() => b.mm(a.mul(e)).mul(scale);
}
