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

    /// <summary>Further modules that learn (a critic), each clipped on its own.</summary>
    public IReadOnlyList<TrainedModule> Modules { get; init; } = [];

    /// <summary>What goes along with the run; made by <see cref="TrainingExtensions"/>. Null where a recipe has none, which then refuses the keys that need them.</summary>
    public IReadOnlyList<IRunExtension>? Extensions { get; init; }

    /// <summary>Training begins with new weights: there is nothing to stay near, to average with or to forget.</summary>
    public bool IsNewModel { get; init; }

    /// <summary>Steps of the run that one batch of rows serves.</summary>
    public int StepsPerBatch { get; init; } = 1;
}

/// <summary>A module that learns beside the first: its gradients are clipped on their own and its norm is reported as <c>grad_norm/name</c>.</summary>
/// <param name="Trainable">Names unique in the run.</param>
/// <param name="LearningRateScale">Multiplies the step's rate.</param>
public sealed record TrainedModule(string Name, IReadOnlyList<(string Name, Tensor Value)> Trainable, double LearningRateScale = 1);
