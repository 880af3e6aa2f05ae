using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Advantages;

/// <summary>How a library brings values to mean 0 and variance 1 over a mask.</summary>
public enum WhiteningDialect
{
    /// <summary>(x − μ)·rsqrt(s² + 1e-8), Bessel's correction, masked slots 0 (TRL). The default.</summary>
    Trl,

    /// <summary>As TRL, but counts have 1e-8 added in the means and masked slots are shifted, too.</summary>
    Verl,

    /// <summary>Population variance, at least 1e-8; masked slots are shifted, too (OpenRLHF, NeMo-RL).</summary>
    OpenRlhf,
}

/// <summary>Whitening over a mask (true keeps): (B, T) → (B, T). A single value is its own mean and has no spread: it becomes 0, where TRL's becomes NaN and verl's an error.</summary>
public static class Whitening
{
    /// <param name="shiftMean">False keeps the mean and only rescales (reward whitening).</param>
    /// <param name="scale">False only shifts (OpenRLHF's <c>no_advantage_std_norm</c>).</param>
    public static Tensor Whiten(Tensor values, Tensor mask, WhiteningDialect dialect = WhiteningDialect.Trl, bool shiftMean = true, bool scale = true)
    {
        var m = mask.to_type(values.dtype);
        var count = m.sum();
        var denominator = dialect == WhiteningDialect.Verl ? count.Plus(1e-8) : count;
        var mean = values.Times(m).sum().Over(denominator);
        var centred = values.Minus(mean);
        var variance = centred.Squared().Times(m).sum().Over(denominator);
        var factor = dialect == WhiteningDialect.OpenRlhf
            ? variance.AtLeast(1e-8).rsqrt()
            : variance.Times(count.Over(count.Minus(1).AtLeast(1))).Plus(1e-8).rsqrt();
        var white = scale ? centred.Times(factor) : centred;
        white = shiftMean ? white : white.Plus(mean);
        return dialect == WhiteningDialect.Trl ? white.Times(m) : white;
    }
}
