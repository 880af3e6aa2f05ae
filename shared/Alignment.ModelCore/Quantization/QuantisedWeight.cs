using Alignment.ModelCore.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Quantization;

/// <summary>A frozen (out, in) matrix in 4 or 8 bits, in the layouts of bitsandbytes.</summary>
public abstract class QuantisedWeight(long outFeatures, long inFeatures) : IWeightStore
{
    public long OutFeatures { get; } = outFeatures;

    public long InFeatures { get; } = inFeatures;

    /// <summary>How it was made, for making the like of it.</summary>
    public abstract QuantisationFormat Format { get; }

    /// <summary>Bytes of codes and scales.</summary>
    public abstract long Bytes { get; }

    public Tensor Linear(Tensor input, Tensor? bias) => QuantisedProduct.Compute(input, this, bias);

    /// <summary>x·Wᵀ + b without autograd. (…, in) → (…, out)</summary>
    internal virtual Tensor Product(Tensor input, Tensor? bias)
    {
        using var none = no_grad();
        using var scratch = ScratchBuffers.Rent(OutFeatures * InFeatures, input.dtype);
        using var w = RestoreInto(scratch.Buffer);
        return nn.functional.linear(input, w, bias);
    }

    public Tensor Dense(ScalarType dtype)
    {
        using var none = no_grad();
        using var flat = empty([OutFeatures * InFeatures], dtype);
        return RestoreInto(flat);
    }

    /// <summary>Writes the restored weight into the front of a one-dimensional buffer and returns that part as (out, in).</summary>
    internal Tensor RestoreInto(Tensor buffer)
    {
        Fill(buffer);
        using var part = buffer.narrow(0, 0, OutFeatures * InFeatures);
        return part.view(OutFeatures, InFeatures);
    }

    /// <summary>Restores into the front of <paramref name="buffer"/>, in its dtype.</summary>
    protected abstract void Fill(Tensor buffer);

    /// <summary>Quantises another weight of the same shape in the same way: what merging an adapter into a quantised base needs.</summary>
    public IWeightStore Requantise(Tensor dense) => Format.Quantise(dense);

    /// <summary>The tensors of a checkpoint in the layout of bitsandbytes, by suffix after the layer's path (<c>weight</c>, <c>weight.absmax</c>, <c>SCB</c> …).</summary>
    public abstract IEnumerable<(string Suffix, Tensor Value)> Export();

    public abstract void Dispose();
}
