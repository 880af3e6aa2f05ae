using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>How a parameter starts when nothing is loaded.</summary>
public enum Initialisation
{
    /// <summary>N(0, initializer_range²).</summary>
    Normal,

    /// <summary>N(0, initializer_range²/2L): projections that write into the residual stream of GPT-2.</summary>
    Residual,
    Zeros,
    Ones,
}

/// <summary>
/// Where the decoder gets its parameters: fresh from a seed or straight from files. Modules ask by full name and shape, so that
/// a checkpoint is checked before memory is taken for it.
/// </summary>
public abstract class ParameterSource
{
    /// <summary>A trainable parameter outside every dispose scope.</summary>
    public abstract Parameter Get(string name, long[] shape, Initialisation initialisation);

    /// <summary>The weight of the linear layer at <paramref name="path"/> where it is not a dense parameter; null: ask <see cref="Get"/>.</summary>
    /// <param name="transposed">A dense weight of this layer is (in, out).</param>
    public virtual IWeightStore? Store(string path, long outFeatures, long inFeatures, bool transposed) => null;

    protected static Parameter Own(Tensor tensor)
    {
        var parameter = new Parameter(tensor, requires_grad: true);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
