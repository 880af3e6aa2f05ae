using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Adapters.Parts;

/// <summary>An adapter on some rows of the batch. rows (int64) along the first axis.</summary>
internal sealed class RowsOnly(ProjectionAdapter inner, Tensor rows) : ProjectionAdapter
{
    public override Tensor Input(Tensor input) => input.index_copy(0, rows, inner.Input(input.index_select(0, rows)));

    public override Tensor Output(Projection target, Tensor input, Tensor output) =>
        output.index_copy(0, rows, inner.Output(target, input.index_select(0, rows), output.index_select(0, rows)));

    public override Tensor Weight(Tensor weight) => throw new NotSupportedException("A head whose adapter differs by row has no single matrix.");
}
