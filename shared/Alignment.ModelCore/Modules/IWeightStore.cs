using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>A frozen weight in another form than a dense parameter, such as 4-bit blocks.</summary>
public interface IWeightStore : IDisposable
{
    /// <summary>x·Wᵀ + b in the dtype of x, with gradient to x and to b where it learns. (…, in) → (…, out).</summary>
    Tensor Linear(Tensor input, Tensor? bias);

    /// <summary>The weight restored, (out, in).</summary>
    Tensor Dense(ScalarType dtype);

    /// <summary>Another weight of the same shape (out, in) in the same form: what merging an adapter into it gives.</summary>
    IWeightStore Requantise(Tensor dense);
}
