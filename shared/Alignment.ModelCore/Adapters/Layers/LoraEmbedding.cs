using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

/// <summary>LoRA on a table of embeddings: row i becomes E[i] + s·B·A[:, i]. A (r, V), B (D, r).</summary>
public sealed class LoraEmbedding(Tensor a, Tensor b, double scale) : EmbeddingAdapter, IDisposable
{
    private readonly Scalar scale = scale;

    internal Parameter A { get; } = Parameters.Copy(a);

    internal Parameter B { get; } = Parameters.Copy(b);

    public override Tensor Output(Tensor ids, Tensor rows) =>
        rows.Plus(nn.functional.linear(A.index_select(1, ids).t(), B).mul(scale).to_type(rows.dtype));

    public override Tensor Table(Tensor weight) => weight.Plus(Delta().to_type(weight.dtype));

    /// <summary>s·(BA)ᵀ (V, D).</summary>
    internal Tensor Delta() => B.mm(A).t().mul(scale);

    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }
}
