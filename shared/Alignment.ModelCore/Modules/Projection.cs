using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>
/// y = x·Wᵀ + b, or x·W + b where the checkpoint keeps W as [in, out] (Conv1D). The place where adapters attach: an attached
/// adapter is a sub-module, so its parameters are named after this projection's path.
/// </summary>
public sealed class Projection : nn.Module<Tensor, Tensor>
{
    private Parameter? weight;
    private string? adapterName;

    public Projection(ParameterSource source, string path, long inFeatures, long outFeatures, bool hasBias, bool transposed = false, Initialisation initialisation = Initialisation.Normal)
        : base(nameof(Projection))
    {
        (InFeatures, OutFeatures, Transposed) = (inFeatures, outFeatures, transposed);
        Quantised = source.Store(path, outFeatures, inFeatures, transposed);
        if (Quantised is null)
        {
            weight = source.Get(path + ".weight", transposed ? [inFeatures, outFeatures] : [outFeatures, inFeatures], initialisation);
            register_parameter("weight", weight);
        }

        if (hasBias)
        {
            Bias = source.Get(path + ".bias", [outFeatures], Initialisation.Zeros);
            register_parameter("bias", Bias);
        }
    }

    public long InFeatures { get; }

    public long OutFeatures { get; }

    /// <summary>True: <see cref="Weight"/> is [in, out].</summary>
    public bool Transposed { get; }

    /// <summary>(out, in), or (in, out) where <see cref="Transposed"/>. Absent while the weight is held by a <see cref="Quantised"/> store.</summary>
    public Parameter Weight => weight ?? throw new InvalidOperationException("This projection holds a quantised weight.");

    public Parameter? Bias { get; }

    /// <summary>Products are taken in this dtype while the weight stays as it is (bf16 compute over fp32 masters); null: in the weight's own.</summary>
    public ScalarType? ComputeType { get; set; }

    /// <summary>Computes x·Wᵀ from another representation of W; set through <see cref="Quantise"/>.</summary>
    public IWeightStore? Quantised { get; private set; }

    /// <summary>The adapter that <see cref="forward"/> goes through, if any.</summary>
    public ProjectionAdapter? Adapter { get; private set; }

    /// <summary>Attaches an adapter under <paramref name="name"/>; its parameters appear as <c>path.name.…</c>.</summary>
    public void Attach(string name, ProjectionAdapter adapter)
    {
        if (Adapter is not null)
        {
            throw new InvalidOperationException("An adapter is attached already; detach it first, or compose the two.");
        }

        register_module(name, adapter);
        (Adapter, adapterName) = (adapter, name);
    }

    /// <summary>Takes the adapter off without disposing it.</summary>
    public ProjectionAdapter? Detach()
    {
        var adapter = Adapter;
        if (adapter is not null)
        {
            _internal_submodules.Remove(adapterName!);
            (Adapter, adapterName) = (null, null);
        }

        return adapter;
    }

    /// <summary>Replaces the weight by <paramref name="store"/> and frees it.</summary>
    public void Quantise(IWeightStore store)
    {
        _internal_params.Remove("weight");
        weight?.Dispose();
        weight = null;
        Quantised?.Dispose();
        Quantised = store;
    }

    /// <summary>The projection without its adapter. (…, in) → (…, out).</summary>
    public Tensor Base(Tensor input)
    {
        if (Quantised is not null)
        {
            return ComputeType is { } type ? Quantised.Linear(input.to_type(type), Bias?.to_type(type)) : Quantised.Linear(input, Bias);
        }

        return Product(input, Transposed ? Weight.t() : Weight, Bias, ComputeType);
    }

    /// <summary>x·Wᵀ + b in <paramref name="compute"/>, or in the dtype of the operands. Gradients reach the weight in its own dtype.</summary>
    public static Tensor Product(Tensor input, Tensor weight, Tensor? bias, ScalarType? compute) => compute is { } type
        ? nn.functional.linear(input.to_type(type), weight.to_type(type), bias?.to_type(type))
        : nn.functional.linear(input, weight, bias);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Quantised?.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>(…, in) → (…, out).</summary>
    public override Tensor forward(Tensor input) => Adapter is null ? Base(input) : Adapter.Forward(this, input);
}
