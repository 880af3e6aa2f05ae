using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>
/// Changes what a <see cref="Projection"/> computes: LoRA, DoRA, IA³ and their kin. Several on one projection act one after the other,
/// so that what they add adds up.
/// </summary>
public abstract class ProjectionAdapter
{
    /// <summary>Acts before the frozen part. (…, in) → (…, in)</summary>
    public virtual Tensor Input(Tensor input) => input;

    /// <summary>Acts after the frozen part, given what went in and what came out so far. (…, in), (…, out) → (…, out)</summary>
    public virtual Tensor Output(Projection target, Tensor input, Tensor output) => output;

    /// <summary>The frozen part and this adapter in one step, the same numbers as one after the other for less work; null where that cannot be. (…, in) → (…, out)</summary>
    public virtual Tensor? Whole(Projection target, Tensor input) => null;

    /// <summary>The matrix that the frozen one and this adapter amount to, with gradient: for heads, whose loss reads the matrix itself. (out, in) → (out, in)</summary>
    public abstract Tensor Weight(Tensor weight);
}
