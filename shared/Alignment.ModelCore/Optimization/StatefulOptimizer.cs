using static TorchSharp.torch;

namespace Alignment.ModelCore.Optimization;

/// <summary>
/// The bookkeeping that every optimiser here shares: named state tensors and a step count per parameter, created at the parameter's first
/// gradient, exported and imported by name.
/// </summary>
public abstract class StatefulOptimizer : IOptimizer
{
    private readonly Dictionary<string, ParameterState> states = new(StringComparer.Ordinal);

    protected StatefulOptimizer(IReadOnlyList<ParameterGroup> groups)
    {
        Groups = groups;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, _) in groups.SelectMany(g => g.Parameters))
        {
            if (!seen.Add(name))
            {
                throw new ArgumentException($"Parameter '{name}' is in the optimiser twice.");
            }
        }
    }

    public IReadOnlyList<ParameterGroup> Groups { get; }

    public void Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        foreach (var group in Groups)
        {
            foreach (var (name, parameter) in group.Parameters)
            {
                if (parameter.grad is not { } gradient)
                {
                    continue;
                }

                if (!states.TryGetValue(name, out var state))
                {
                    states[name] = state = new();
                }

                state.Step++;
                Update(parameter, gradient, state, learningRate * group.LearningRateScale, group.WeightDecay);
            }
        }
    }

    public void ZeroGradients()
    {
        foreach (var (_, parameter) in Groups.SelectMany(g => g.Parameters))
        {
            parameter.grad = null;
        }
    }

    public IReadOnlyDictionary<string, Tensor> ExportState()
    {
        var result = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, state) in states)
        {
            result[$"step.{name}"] = tensor(state.Step, ScalarType.Int64);
            foreach (var (key, value) in state.Tensors)
            {
                result[$"{key}.{name}"] = value;
            }
        }

        return result;
    }

    public void ImportState(IReadOnlyDictionary<string, Tensor> state)
    {
        using var noGrad = no_grad();
        var names = Groups.SelectMany(g => g.Parameters).Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        DisposeStates();
        foreach (var (key, value) in state)
        {
            var split = key.IndexOf('.', StringComparison.Ordinal);
            var name = split < 0 ? "" : key[(split + 1)..];
            if (!names.Contains(name))
            {
                throw new ArgumentException($"Optimiser state '{key}' belongs to no parameter of this model.");
            }

            var target = states.TryGetValue(name, out var s) ? s : states[name] = new();
            if (key.StartsWith("step.", StringComparison.Ordinal))
            {
                target.Step = value.cpu().item<long>();
            }
            else
            {
                target.Tensors[key[..split]] = value.clone().DetachFromDisposeScope();
            }
        }
    }

    public void Dispose()
    {
        DisposeStates();
        GC.SuppressFinalize(this);
    }

    /// <summary>One parameter's step, inside a dispose scope and without gradients.</summary>
    protected abstract void Update(Tensor parameter, Tensor gradient, ParameterState state, double learningRate, double weightDecay);

    /// <summary>float64 stays; every half precision keeps its state in float32.</summary>
    protected static ScalarType StateType(Tensor parameter) => parameter.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    private void DisposeStates()
    {
        foreach (var t in states.Values.SelectMany(s => s.Tensors.Values))
        {
            t.Dispose();
        }

        states.Clear();
    }

    /// <summary>A parameter's step count and named state tensors, which outlive every dispose scope.</summary>
    protected sealed class ParameterState
    {
        public long Step { get; set; }

        public Dictionary<string, Tensor> Tensors { get; } = new(StringComparer.Ordinal);

        /// <summary>The tensor of this name, made on first use.</summary>
        public Tensor Get(string key, Func<Tensor> create) =>
            Tensors.TryGetValue(key, out var t) ? t : Tensors[key] = create().DetachFromDisposeScope();
    }
}
