using Alignment.ModelCore.Adapters.Layers;
using Alignment.ModelCore.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Parts;

/// <summary>A bottleneck adapter after one sub-layer of a block.</summary>
internal sealed class BlockPart(string key, DecoderBlock block, bool afterAttention, Bottleneck layer) : AdapterPart
{
    public override IReadOnlyList<(string Key, Parameter Value)> Tensors { get; } = [.. layer.Tensors.Select(t => (key + t.Key, t.Value))];

    public override string? CannotMerge => "a bottleneck adapter is a layer of its own with an activation inside";

    public override void Attach(Tensor? rows = null)
    {
        Func<Tensor, Tensor, Tensor> act = (added, before) =>
        {
            var after = layer.Forward(added, before, block.training);
            return rows is null ? after : added.index_copy(0, rows, after.index_select(0, rows));
        };
        if ((afterAttention ? block.AfterAttention : block.AfterMlp) is not null)
        {
            throw new InvalidOperationException("Another bottleneck adapter is in use; switch it off first.");
        }

        Set(act);
    }

    public override void Detach() => Set(null);

    public override void Dispose() => layer.Dispose();

    private void Set(Func<Tensor, Tensor, Tensor>? act)
    {
        if (afterAttention)
        {
            block.AfterAttention = act;
        }
        else
        {
            block.AfterMlp = act;
        }
    }
}
