using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Merging;

/// <summary>Checkpoints combined in weight space, one tensor at a time; shapes must agree. Results are new tensors.</summary>
public static class WeightMerging
{
    // Beyond this cosine the arc is so flat that its formula loses digits, and a straight line is the same (mergekit's rule).
    private const double Parallel = .9995;

    /// <summary>(1 − t)·a + t·b; t may leave [0, 1] (WiSE-FT, Wortsman et al. 2022).</summary>
    public static Tensor Linear(Tensor a, Tensor b, double t) => a.Times(1 - t).Plus(b.Times(t));

    /// <summary>The plain mean (model soup, Wortsman et al. 2022).</summary>
    public static Tensor Average(IReadOnlyList<Tensor> all) => all.Aggregate((a, b) => a.Plus(b)).Over(all.Count);

    /// <summary>base + scale·Σ wᵢ·(ckptᵢ − base) (Ilharco et al. 2023, §3); negative weights unlearn.</summary>
    public static Tensor TaskArithmetic(Tensor start, IReadOnlyList<Tensor> checkpoints, IReadOnlyList<double> weights, double scale) =>
        start.Plus(checkpoints.Select((c, i) => c.Minus(start).Times(weights[i])).Aggregate((a, b) => a.Plus(b)).Times(scale));

    /// <summary>
    /// sin((1−t)θ)/sin θ·a + sin(tθ)/sin θ·b with θ the angle between the flattened tensors (Shoemake 1985); norms are left as they are.
    /// A straight line where they are as good as parallel, or one is zero.
    /// </summary>
    public static Tensor Slerp(Tensor a, Tensor b, double t) => Mix(a, b, SlerpShares(Dot(a, b), Dot(a, a), Dot(b, b), t));

    /// <summary>The same with one angle for all tensors together.</summary>
    public static IReadOnlyList<Tensor> SlerpWhole(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b, double t)
    {
        double Total(IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y) => x.Zip(y, Dot).Sum();
        var shares = SlerpShares(Total(a, b), Total(a, a), Total(b, b), t);
        return [.. a.Zip(b, (x, y) => Mix(x, y, shares))];
    }

    private static (double A, double B) SlerpShares(double dot, double aa, double bb, double t)
    {
        var cos = dot / Math.Sqrt(aa * bb);
        if (!(Math.Abs(cos) <= Parallel))
        {
            return (1 - t, t);
        }

        var angle = Math.Acos(cos);
        return (Math.Sin((1 - t) * angle) / Math.Sin(angle), Math.Sin(t * angle) / Math.Sin(angle));
    }

    private static Tensor Mix(Tensor a, Tensor b, (double A, double B) shares) => a.Times(shares.A).Plus(b.Times(shares.B));

    private static double Dot(Tensor a, Tensor b)
    {
        using var scope = NewDisposeScope();
        return a.to_type(ScalarType.Float64).Times(b.to_type(ScalarType.Float64)).sum().Value();
    }
}
