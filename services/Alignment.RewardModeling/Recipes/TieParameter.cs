using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.RewardModeling.Recipes;

/// <summary>The one number that a likelihood with ties learns beside the weights: η ≥ 0 (Rao–Kupper) or log ν (Davidson).</summary>
public sealed class TieParameter : IDisposable
{
    private readonly Parameter value = nn.Parameter(full([1], 0.5, ScalarType.Float32)).DetachFromDisposeScope() as Parameter ?? throw new InvalidOperationException();

    /// <summary>For the run's trainable parameters.</summary>
    public (string Name, Tensor Value) Trainable => ("tie_parameter", value);

    /// <summary>Scalar; η is kept positive by its absolute value.</summary>
    public Tensor For(RewardOptions options) => options.Loss == "rao_kupper" ? value.squeeze(0).abs().add(tensor(1e-6f)) : value.squeeze(0);

    public void Dispose() => value.Dispose();
}
