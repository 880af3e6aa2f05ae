using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>Changes the rows that a <see cref="TokenEmbedding"/> gives.</summary>
public abstract class EmbeddingAdapter
{
    /// <summary>ids (N), rows (N, D) → (N, D)</summary>
    public abstract Tensor Output(Tensor ids, Tensor rows);

    /// <summary>The whole table with this adapter in it, with gradient. (V, D) → (V, D)</summary>
    public abstract Tensor Table(Tensor weight);

    /// <summary>The table as a tied head reads it; heads do not follow unless the method says so.</summary>
    public virtual Tensor TiedTable(Tensor weight) => weight;
}
