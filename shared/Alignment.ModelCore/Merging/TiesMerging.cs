using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Merging;

/// <summary>How TIES elects the sign of an entry.</summary>
public enum TiesSign
{
    /// <summary>That of the sum: large changes speak louder.</summary>
    Total,

    /// <summary>That of most: each change has one voice.</summary>
    Frequency,
}

/// <summary>Where the checkpoints' weights enter.</summary>
public enum TiesDialect
{
    /// <summary>PEFT's <c>merge_utils.ties</c>: unweighted changes elect; Σ wᵢδᵢ over those that agree, divided by their number.</summary>
    Peft,

    /// <summary>mergekit's: weighted changes elect, and the sum is divided by the weights of those that agree.</summary>
    Weighted,
}

/// <summary>
/// TIES (Yadav et al. 2023, alg. 1): trim each change to its largest entries, elect a sign for each entry, average what agrees. Works on
/// changes δ = checkpoint − base of one tensor; add <c>scale·result</c> to the base.
/// </summary>
public static class TiesMerging
{
    /// <summary>base + scale·TIES(trimmed changes).</summary>
    public static Tensor Merge(Tensor start, IReadOnlyList<Tensor> checkpoints, IReadOnlyList<double> weights, double density, double scale, TiesSign sign, TiesDialect dialect) =>
        start.Plus(Combine([.. checkpoints.Select(c => Trim(c.Minus(start), density))], weights, sign, dialect).Times(scale));

    /// <summary>Keeps the ⌊density·n⌋ entries of largest magnitude, zeroes the rest.</summary>
    public static Tensor Trim(Tensor change, double density)
    {
        var keep = (int)(density * change.numel());
        var flat = change.reshape(-1);
        if (keep >= flat.shape[0])
        {
            return change.clone();
        }

        if (keep == 0)
        {
            return zeros_like(change);
        }

        var mask = zeros_like(flat).index_fill(0, flat.abs().topk(keep).indexes, Native.Scalars.One);
        return flat.Times(mask).reshape(change.shape);
    }

    /// <summary>Elects signs and merges what agrees; nothing is trimmed here.</summary>
    public static Tensor Combine(IReadOnlyList<Tensor> changes, IReadOnlyList<double> weights, TiesSign sign, TiesDialect dialect)
    {
        var all = stack(changes);
        using var scaled = tensor(weights.ToArray(), dtype: all.dtype).reshape([weights.Count, .. Enumerable.Repeat(1L, (int)all.dim() - 1)]);
        var weighted = all.Times(scaled);
        var voters = dialect == TiesDialect.Peft ? all : weighted;
        var votes = (sign == TiesSign.Total ? voters : voters.sign()).sum([0L]);
        // 0 counts as +; an entry of 0 agrees with nobody.
        var elected = where(votes.ge(Native.Scalars.Zero), ones_like(votes), ones_like(votes).neg());
        var agrees = voters.sign().eq(elected.unsqueeze(0)).to_type(all.dtype);
        var sum = weighted.Times(agrees).sum([0L]);
        if (dialect == TiesDialect.Peft)
        {
            return sum.Over(agrees.sum([0L]).AtLeast(1));
        }

        var divisor = agrees.Times(scaled).sum([0L]);
        var nobody = divisor.Is(0);
        return sum.Over(divisor.Filled(nobody, 1)).Filled(nobody, 0);
    }
}
