using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>
/// y = x·Wᵀ + b, or x·W + b where the checkpoint keeps W as [in, out] (Conv1D). The place where adapters attach; their parameters stay
/// outside the module, so that the names here are those of the checkpoint whatever is attached.
/// </summary>
public sealed class Projection : nn.Module<Tensor, Tensor>, IReplaceable
{
    private readonly List<ProjectionAdapter> adapters = [];
    private readonly Parameter? bias;
    private Parameter? weight;
    private Parameter? otherWeight;
    private Parameter? otherBias;

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
            bias = source.Get(path + ".bias", [outFeatures], Initialisation.Zeros);
            register_parameter("bias", bias);
        }
    }

    public long InFeatures { get; }

    public long OutFeatures { get; }

    /// <summary>True: <see cref="Weight"/> is [in, out].</summary>
    public bool Transposed { get; }

    /// <summary>(out, in), or (in, out) where <see cref="Transposed"/>. Absent while the weight is held by a <see cref="Quantised"/> store.</summary>
    public Parameter Weight => otherWeight ?? weight ?? throw new InvalidOperationException("This projection holds a quantised weight.");

    public Parameter? Bias => otherBias ?? bias;

    /// <summary>Products are taken in this dtype while the weight stays as it is (bf16 compute over fp32 masters); null: in the weight's own.</summary>
    public ScalarType? ComputeType { get; set; }

    /// <summary>Computes x·Wᵀ from another representation of W; set through <see cref="Quantise"/>.</summary>
    public IWeightStore? Quantised { get; private set; }

    /// <summary>What <see cref="forward"/> goes through, in order.</summary>
    public IReadOnlyList<ProjectionAdapter> Adapters => adapters;

    public IEnumerable<string> Replaceable => bias is null ? ["weight"] : ["weight", "bias"];

    /// <summary>The weight with every attached adapter in it, with gradient. (out, in)</summary>
    public Tensor EffectiveWeight => adapters.Count == 0 ? Dense() : adapters.Aggregate(Dense(), (w, a) => a.Weight(w));

    public void Attach(ProjectionAdapter adapter) => adapters.Add(adapter);

    /// <summary>Takes the adapter off without disposing it; nothing happens where it is not attached.</summary>
    public void Detach(ProjectionAdapter adapter) => adapters.Remove(adapter);

    public Parameter Own(string name) => (name == "weight" ? weight : bias) ?? throw new InvalidOperationException($"This projection has no {name}.");

    public void Replace(string name, Parameter? by)
    {
        if (name == "weight")
        {
            otherWeight = by;
        }
        else
        {
            otherBias = by;
        }
    }

    /// <summary>The weight as it stands, restored where it is quantised. (out, in)</summary>
    public Tensor Dense() => IsQuantised ? Quantised!.Dense(ComputeType ?? ScalarType.Float32) : Transposed ? Weight.t() : Weight;

    /// <summary>Whether the weight is held in another form, to be restored where it is needed.</summary>
    public bool IsQuantised => Quantised is not null && otherWeight is null;

    /// <summary>Replaces the weight by <paramref name="store"/> and frees it.</summary>
    public void Quantise(IWeightStore store)
    {
        _internal_params.Remove("weight");
        weight?.Dispose();
        weight = null;
        Quantised?.Dispose();
        Quantised = store;
    }

    /// <summary>Puts another store in the place of the one that is there, and returns that.</summary>
    public IWeightStore Exchange(IWeightStore store)
    {
        var before = Quantised ?? throw new InvalidOperationException("This projection holds a dense weight.");
        Quantised = store;
        return before;
    }

    /// <summary>The projection without its adapters. (…, in) → (…, out).</summary>
    public Tensor Base(Tensor input)
    {
        if (IsQuantised)
        {
            return ComputeType is { } type ? Quantised!.Linear(input.to_type(type), Bias?.to_type(type)) : Quantised!.Linear(input, Bias);
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
    public override Tensor forward(Tensor input)
    {
        if (adapters.Count == 0)
        {
            return Base(input);
        }

        if (adapters.Count == 1 && adapters[0].Whole(this, input) is { } whole)
        {
            return whole;
        }

        var output = Base(adapters.Aggregate(input, (x, a) => a.Input(x)));
        return adapters.Aggregate(output, (y, a) => a.Output(this, input, y));
    }
}
