using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>Reductions over a mask (true keeps); the name states the denominator. Masked entries may hold anything, NaN included.</summary>
public static class Masked
{
    /// <summary>Σ over kept entries, one value.</summary>
    public static Tensor Sum(Tensor values, Tensor mask) => Kept(values, mask).sum();

    /// <summary>Σ over the kept entries of each row: (B, T) → (B).</summary>
    public static Tensor RowSums(Tensor values, Tensor mask) => Kept(values, mask).SumLast();

    /// <summary>Mean over all kept entries of the batch (token mean); 0 kept entries give 0.</summary>
    public static Tensor Mean(Tensor values, Tensor mask) => Sum(values, mask).Over(mask.to_type(values.dtype).sum().AtLeast(1));

    /// <summary>Mean over each row's kept entries: (B, T) → (B); a row that keeps nothing gives 0.</summary>
    public static Tensor RowMeans(Tensor values, Tensor mask) => RowSums(values, mask).Over(mask.to_type(values.dtype).SumLast().AtLeast(1));

    /// <summary>Variance over kept entries; Bessel-corrected (÷ (n−1)) where <paramref name="unbiased"/>.</summary>
    public static Tensor Variance(Tensor values, Tensor mask, bool unbiased)
    {
        var n = mask.to_type(values.dtype).sum();
        var centred = Kept(values.Minus(Mean(values, mask)), mask);
        return centred.Squared().sum().Over(unbiased ? n.Minus(1) : n);
    }

    private static Tensor Kept(Tensor values, Tensor mask) => values.Filled(mask.to_type(ScalarType.Bool).logical_not(), 0);
}
