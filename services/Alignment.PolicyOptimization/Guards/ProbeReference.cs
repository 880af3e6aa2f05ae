using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Guards;

/// <summary>The model a run started from: inside the policy where an adapter is trained, otherwise a frozen second one.</summary>
public sealed class ProbeReference : IDisposable
{
    private readonly CausalModel model;
    private readonly Func<IDisposable>? asBase;

    private ProbeReference(CausalModel model, Func<IDisposable>? asBase) => (this.model, this.asBase) = (model, asBase);

    public static ProbeReference Of(string folder, TunedModel<CausalModel> policy)
    {
        if (policy.HoldsBase)
        {
            return new(policy.Model, policy.AsBase);
        }

        return Frozen(CheckpointReader.LoadCausal(folder, ScalarType.Float32));
    }

    /// <summary>A model of its own; it is frozen here and disposed with this.</summary>
    public static ProbeReference Frozen(CausalModel model)
    {
        model.Freeze();
        model.eval();
        return new(model, null);
    }

    public T Use<T>(Func<CausalModel, T> use)
    {
        using var switched = asBase?.Invoke();
        return use(model);
    }

    public void Dispose()
    {
        if (asBase is null)
        {
            model.Dispose();
        }
    }
}
