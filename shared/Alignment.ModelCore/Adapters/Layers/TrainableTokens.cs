using Alignment.ModelCore.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Layers;

/// <summary>Rows of a few tokens trained in full; a tied head follows, as in PEFT. indices (k) int64, rows (k, D).</summary>
public sealed class TrainableTokens : EmbeddingAdapter, IDisposable
{
    private readonly Tensor indices;

    public TrainableTokens(Tensor indices, Tensor rows)
    {
        this.indices = indices.detach().clone().DetachFromDisposeScope();
        Rows = Parameters.Copy(rows);
    }

    internal Parameter Rows { get; }

    public override Tensor Output(Tensor ids, Tensor rows)
    {
        var hits = ids.unsqueeze(1).eq(indices.unsqueeze(0));
        return torch.where(hits.any(1, keepdim: true), hits.to_type(Rows.dtype).mm(Rows).to_type(rows.dtype), rows);
    }

    public override Tensor Table(Tensor weight) => weight.index_copy(0, indices, Rows.to_type(weight.dtype));

    public override Tensor TiedTable(Tensor weight) => Table(weight);

    public void Dispose()
    {
        indices.Dispose();
        Rows.Dispose();
    }
}
