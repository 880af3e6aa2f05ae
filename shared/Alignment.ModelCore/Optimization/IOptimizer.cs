using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>Parameters that share settings. Names key the exported state, so they must be unique in an optimiser and stable over runs.</summary>
/// <param name="LearningRateScale">Multiplies the step's rate (LoRA+ raises B's; layer-wise decay lowers the first layers').</param>
public sealed record ParameterGroup(IReadOnlyList<(string Name, Tensor Parameter)> Parameters, double WeightDecay = 0, double LearningRateScale = 1)
{
    /// <summary>
    /// Two groups: matrices (two axes or more) that are not embeddings decay, vectors (norms, biases) and embeddings when
    /// <paramref name="decayEmbeddings"/> is false do not. Parameters without gradients are left out.
    /// </summary>
    public static IReadOnlyList<ParameterGroup> DecayMatricesOnly(IEnumerable<(string Name, Tensor Parameter)> parameters, double weightDecay, bool decayEmbeddings = true)
    {
        var trained = parameters.Where(p => p.Parameter.requires_grad).ToLookup(p => p.Parameter.dim() >= 2 && (decayEmbeddings || !p.Name.Contains("embed", StringComparison.Ordinal)));
        return [new([.. trained[true]], weightDecay), new([.. trained[false]], 0)];
    }
}

/// <summary>
/// An optimiser over named parameters. Its whole state is exportable, and importing it gives bit-equal further steps.
/// </summary>
public interface IOptimizer : IDisposable
{
    IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Applies the gradients that the parameters hold. Parameters without a gradient are left alone, their step count too.</summary>
    void Step(double learningRate);

    /// <summary>Drops every gradient.</summary>
    void ZeroGradients();

    /// <summary>
    /// The live state tensors by <c>key.parameter</c> (not copies), plus <c>step.parameter</c> as int64 scalars; a parameter that never had a gradient has none.
    /// </summary>
    IReadOnlyDictionary<string, Tensor> ExportState();

    /// <summary>Copies a state that <see cref="ExportState"/> gave.</summary>
    /// <exception cref="ArgumentException">A tensor names no parameter here, or its shape differs.</exception>
    void ImportState(IReadOnlyDictionary<string, Tensor> state);
}
