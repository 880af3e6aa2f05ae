using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>A weight in another form than a dense parameter, such as 4-bit blocks.</summary>
public interface IWeightStore
{
    /// <summary>x·Wᵀ + b with gradient to x. (…, in) → (…, out).</summary>
    Tensor Linear(Tensor input, Tensor? bias);

    /// <summary>The weight restored, (out, in).</summary>
    Tensor Dense(ScalarType dtype);
}
