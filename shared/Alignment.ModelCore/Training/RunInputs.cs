using Alignment.ModelCore.Data;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Training;

/// <summary>What a recipe hands to <see cref="TrainingRun"/>.</summary>
/// <param name="Trainable">The parameters that learn, by name.</param>
/// <param name="Plan">Which rows each step takes.</param>
/// <param name="DataDigest">Identifies the encoded rows: a resumed run must see the same.</param>
/// <param name="ModelDigest">Identifies the starting checkpoint.</param>
public sealed record RunInputs(IReadOnlyList<(string Name, Tensor Value)> Trainable, BatchPlan Plan, string DataDigest, string ModelDigest)
{
    /// <summary>Further tensors that change while training (a synchronised reference, a running mean): saved and restored in place.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Companions { get; init; } = [];
}
