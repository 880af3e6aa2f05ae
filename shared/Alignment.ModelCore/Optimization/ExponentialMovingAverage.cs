using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>Shadow weights: s ← d·s + (1−d)·p after each optimiser step; they start as the parameters.</summary>
public sealed class ExponentialMovingAverage : IDisposable
{
    private readonly IReadOnlyList<(string Name, Tensor Parameter)> parameters;
    private readonly Dictionary<string, Tensor> shadows;

    public ExponentialMovingAverage(IReadOnlyList<(string Name, Tensor Parameter)> parameters, double decay)
    {
        this.parameters = parameters;
        Decay = decay;
        using var noGrad = no_grad();
        shadows = parameters.ToDictionary(p => p.Name, p => p.Parameter.detach().clone().DetachFromDisposeScope(), StringComparer.Ordinal);
    }

    public double Decay { get; }

    /// <summary>The live shadows by parameter name.</summary>
    public IReadOnlyDictionary<string, Tensor> Shadows => shadows;

    public void Update()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var (name, p) in parameters)
        {
            shadows[name].copy_(shadows[name].Times(Decay).Plus(p.Times(1 - Decay)));
        }
    }

    public void Dispose()
    {
        foreach (var t in shadows.Values)
        {
            t.Dispose();
        }
    }
}
