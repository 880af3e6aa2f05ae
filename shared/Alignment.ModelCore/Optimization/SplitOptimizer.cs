using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>Two optimisers over different parameters that step together. Each finds its own part of a state by the parameters' names.</summary>
public sealed class SplitOptimizer(IOptimizer first, IOptimizer second) : IOptimizer
{
    public IReadOnlyList<ParameterGroup> Groups { get; } = [.. first.Groups, .. second.Groups];

    public void Step(double learningRate)
    {
        first.Step(learningRate);
        second.Step(learningRate);
    }

    public void ZeroGradients()
    {
        first.ZeroGradients();
        second.ZeroGradients();
    }

    public IReadOnlyDictionary<string, Tensor> ExportState() => first.ExportState().Concat(second.ExportState()).ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);

    public void ImportState(IReadOnlyDictionary<string, Tensor> state)
    {
        var own = first.Groups.SelectMany(g => g.Parameters).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        bool Of(string key) => own.Contains(key[(key.IndexOf('.', StringComparison.Ordinal) + 1)..]);
        first.ImportState(state.Where(s => Of(s.Key)).ToDictionary());
        second.ImportState(state.Where(s => !Of(s.Key)).ToDictionary());
    }

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }
}
