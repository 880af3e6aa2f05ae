using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Native;

/// <summary>
/// Scalars made once and kept for the life of the process. An implicit Scalar is an object with a finalizer; a collection that another
/// thread starts can free it while native code reads it.
/// </summary>
public static class Scalars
{
    public static readonly Scalar Zero = 0.0;
    public static readonly Scalar One = 1.0;
    public static readonly Scalar Two = 2.0;
    public static readonly Scalar MinusOne = -1.0;
    public static readonly Scalar Half = 0.5;
    public static readonly Scalar MinusInfinity = double.NegativeInfinity;
    public static readonly Scalar LongZero = 0L;
    public static readonly Scalar LongOne = 1L;

    /// <summary>a + b. <c>Tensor.add(b)</c> and <c>+</c> make a Scalar for alpha at each call; this does not.</summary>
    public static Tensor Plus(this Tensor a, Tensor b) => a.add(b, One);
}
