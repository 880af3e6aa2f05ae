using Alignment.ModelCore.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Parts;

/// <summary>An adapter on a table of embeddings.</summary>
/// <param name="carriedKey">Where the file keeps the base table too, as PEFT does for <c>embed_tokens</c>; null: it does not.</param>
/// <param name="tied">Whether a head reads the same table but not this adapter: then one merged table cannot serve both.</param>
internal sealed class EmbeddingPart(TokenEmbedding embedding, EmbeddingAdapter layer, IReadOnlyList<(string Key, Parameter Value)> tensors, string? carriedKey, bool tied, Func<Tensor, Tensor>? unmerged = null) : AdapterPart
{
    public override IReadOnlyList<(string Key, Parameter Value)> Tensors => tensors;

    public override IEnumerable<(string Key, Tensor Value)> Exported => carriedKey is null ? base.Exported : base.Exported.Append((carriedKey, embedding.Own("weight")));

    public override string? CannotMerge => tied ? $"{tensors[0].Key} changes an embedding that the head shares without the adapter" : null;

    public override void Attach(Tensor? rows = null)
    {
        if (rows is not null)
        {
            throw new NotSupportedException("Adapters of embeddings cannot be chosen row by row.");
        }

        embedding.Attach(layer);
    }

    public override void Detach() => embedding.Detach(layer);

    public override IEnumerable<(Parameter Target, Func<Tensor, Tensor> Fold)> Folds => [(embedding.Own("weight"), layer.Table)];

    public override void Unmerge(MergeLog log)
    {
        if (unmerged is null)
        {
            base.Unmerge(log);
        }

        log.Write(embedding.Own("weight"), unmerged!(embedding.Own("weight").detach()));
    }

    public override void Dispose() => (layer as IDisposable)?.Dispose();
}
