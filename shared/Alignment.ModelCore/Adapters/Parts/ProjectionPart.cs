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

    public override void Merge(MergeLog log) => Write(log, layer.Weight, layer.Bias);

    public override void Unmerge(MergeLog log) => Write(log, layer.UnmergedWeight, layer.UnmergedBias);

    public override void Dispose() => layer.Dispose();

    private void Write(MergeLog log, Func<Tensor, Tensor> weight, Func<Tensor, Tensor> bias)
    {
        using var scope = torch.NewDisposeScope();
        if (projection.Quantised is { } store)
        {
            log.Exchange(projection, store.Requantise(weight(store.Dense(ScalarType.Float32))));
        }
        else
        {
            var own = projection.Own("weight");
            // Sixteen-bit weights are moved in float32 and rounded once.
            var wide = own.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? own.detach().to_type(ScalarType.Float32) : own.detach();
            var moved = weight(projection.Transposed ? wide.t() : wide);
            log.Write(own, projection.Transposed ? moved.t() : moved);
        }

        if (projection.Replaceable.Contains("bias"))
        {
            var before = projection.Own("bias");
            var after = bias(before.detach());
            log.Write(before, after);
        }
    }
}
