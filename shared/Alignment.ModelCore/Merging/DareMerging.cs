using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Merging;

/// <summary>
/// DARE (Yu et al. 2024, eq. 1): drop entries of a change at random and rescale the rest, δ·mask/density, so that its expectation stays;
/// then add up (linear) or merge by TIES without trimming.
/// </summary>
public static class DareMerging
{
    /// <summary>A mask of the shape of <paramref name="like"/>, true with probability <paramref name="density"/>.</summary>
    public static Tensor Mask(Tensor like, double density, Generator? generator = null) => rand(like.shape, ScalarType.Float32, generator: generator).IsBelow(density);

    /// <summary>δ·mask/density.</summary>
    public static Tensor Drop(Tensor change, Tensor mask, double density) => change.Times(mask.MaskAs(change)).Over(density);

    /// <summary>base + scale·Σ wᵢ·δᵢ of changes already dropped.</summary>
    public static Tensor Linear(Tensor start, IReadOnlyList<Tensor> dropped, IReadOnlyList<double> weights, double scale) =>
        start.Plus(dropped.Select((d, i) => d.Times(weights[i])).Aggregate((a, b) => a.Plus(b)).Times(scale));

    /// <summary>base + scale·TIES of changes already dropped, untrimmed.</summary>
    public static Tensor Ties(Tensor start, IReadOnlyList<Tensor> dropped, IReadOnlyList<double> weights, double scale, TiesSign sign, TiesDialect dialect) =>
        start.Plus(TiesMerging.Combine(dropped, weights, sign, dialect).Times(scale));
}
