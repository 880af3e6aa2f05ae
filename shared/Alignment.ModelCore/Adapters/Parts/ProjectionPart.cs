using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Modules;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Parts;

/// <summary>A layer adapter on one projection.</summary>
/// <param name="key">What the keys of the projection's tensors begin with, the dot included.</param>
/// <param name="carried">Keeps the base weight in the adapter's file too, as PEFT does for heads.</param>
internal sealed class ProjectionPart(string key, Projection projection, LayerAdapter layer, bool carried = false) : AdapterPart
{
    private ProjectionAdapter? attached;

    /// <summary>The projection's path.</summary>
    public string Path => key[ModuleNames.Root.Length..^1];

    public LayerAdapter Layer => layer;

    public Projection Projection => projection;

    public override IReadOnlyList<(string Key, Parameter Value)> Tensors { get; } = [.. layer.Tensors.Select(t => (key + t.Key, t.Value))];

    public override IEnumerable<(string Key, Tensor Value)> Exported =>
        carried ? base.Exported.Append((key + "base_layer.weight", projection.Own("weight"))) : base.Exported;

    public override string? CannotMerge => layer.NeedsBias && projection.Bias is null ? $"{key[..^1]} has no bias for lora_B.bias to go to" : null;

    public override void Attach(Tensor? rows = null)
    {
        attached = rows is null ? layer : new RowsOnly(layer, rows);
        projection.Attach(attached);
    }

    public override void Detach()
    {
        if (attached is not null)
        {
            projection.Detach(attached);
            attached = null;
        }
    }

    public override IEnumerable<(Parameter Target, Func<Tensor, Tensor> Fold)> Folds => Changes(layer.Weight, layer.Bias);

    public override void Merge(MergeLog log)
    {
        if (projection.Quantised is { } store)
        {
            using var scope = torch.NewDisposeScope();
            log.Exchange(projection, store.Requantise(layer.Weight(store.Dense(ScalarType.Float32))));
        }

        base.Merge(log);
    }

    public override void Unmerge(MergeLog log)
    {
        if (projection.Quantised is not null)
        {
            throw new AdapterException($"{key[..^1]} holds a quantised weight: its rounding cannot be undone. Keep the base.");
        }

        foreach (var (target, fold) in Changes(layer.UnmergedWeight, layer.UnmergedBias))
        {
            using var scope = torch.NewDisposeScope();
            log.Write(target, fold(target.detach()));
        }
    }

    public override void Dispose() => layer.Dispose();

    private IEnumerable<(Parameter Target, Func<Tensor, Tensor> Fold)> Changes(Func<Tensor, Tensor> weight, Func<Tensor, Tensor> bias)
    {
        if (projection.Quantised is null)
        {
            yield return (projection.Own("weight"), own =>
            {
                // Sixteen-bit weights are moved in float32 and rounded once.
                var wide = own.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? own.to_type(ScalarType.Float32) : own;
                var moved = weight(projection.Transposed ? wide.t() : wide);
                return projection.Transposed ? moved.t() : moved;
            });
        }

        if (projection.Replaceable.Contains("bias"))
        {
            yield return (projection.Own("bias"), bias);
        }
    }
}
