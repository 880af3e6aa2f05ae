using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Generation;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Training;
using static TorchSharp.torch;

namespace Alignment.PolicyOptimization.Recipes.Online;

/// <summary>The model that the KL is measured against: the base inside the policy where an adapter is trained, otherwise a frozen second model.</summary>
public sealed class OnlineReference : IDisposable
{
    private readonly CausalModel model;
    private readonly Func<IDisposable>? asBase;

    private OnlineReference(CausalModel model, Func<IDisposable>? asBase) => (this.model, this.asBase) = (model, asBase);

    /// <summary>The reference that the options name, for this policy with its starting weights.</summary>
    public static OnlineReference Open(OnlineOptions options, TunedModel<CausalModel> policy) => options.Reference.Length == 0 && policy.HoldsBase
        ? new(policy.Model, policy.AsBase)
        : Frozen(TunedModel.Frozen(options, options.Reference.Length == 0 ? options.Model : options.Reference));

    /// <summary>The weights by name where the reference is a model of its own, so that it can move and be saved.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Weights => asBase is not null ? [] : [.. model.named_parameters().Select(p => ("reference." + p.name, (Tensor)p.parameter))];

    /// <summary>Takes the time of what is asked.</summary>
    public StepSeconds? Clock { get; set; }

    /// <summary>A model of its own; it is frozen here and disposed with this.</summary>
    public static OnlineReference Frozen(CausalModel model)
    {
        model.Freeze();
        model.eval();
        return new(model, null);
    }

    /// <summary>Runs <paramref name="use"/> on the reference, without gradients.</summary>
    public T Use<T>(Func<CausalModel, T> use)
    {
        return Clock is null ? Ask() : Clock.Measure("reference", Ask);

        T Ask()
        {
            using var none = no_grad();
            using var switched = asBase?.Invoke();
            return use(model);
        }
    }

    /// <summary>This reference as a partner in sampling.</summary>
    public LogitsMixture Mixture(double coefficient) => new(model, coefficient, asBase);

    public void Dispose()
    {
        if (asBase is null)
        {
            model.Dispose();
        }
    }
}
