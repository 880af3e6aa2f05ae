using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Forgetting;

/// <summary>Penalties on the way the weights have gone. Scalars with a graph; inputs are lists in the same order.</summary>
public static class QuadraticPenalties
{
    /// <summary>Elastic weight consolidation: λ/2·Σ Fᵢ(θᵢ − aᵢ)² (Kirkpatrick et al. 2017, eq. 3); gradient λ·F·(θ − a).</summary>
    /// <param name="anchors">a: the weights to stay near.</param>
    /// <param name="fisher">F of <see cref="DiagonalFisher"/>.</param>
    public static Tensor Ewc(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> anchors, IReadOnlyList<Tensor> fisher, double lambda) =>
        Sum(parameters.Select((p, i) => fisher[i].Times(p.Minus(anchors[i]).Squared()).sum())).Times(lambda / 2);

    /// <summary>
    /// L2-SP: α/2·Σ_shared (θ − start)² + β/2·Σ_new θ² (Li, Grandvalet &amp; Davoine 2018, eqs. 2–3). What was added to the model has no
    /// start to stay near and is pulled to zero.
    /// </summary>
    public static Tensor L2Sp(IReadOnlyList<Tensor> shared, IReadOnlyList<Tensor> starts, IReadOnlyList<Tensor> added, double alpha, double beta)
    {
        var near = shared.Select((p, i) => p.Minus(starts[i]).Squared().sum().Times(alpha / 2));
        return Sum(near.Concat(added.Select(p => p.Squared().sum().Times(beta / 2))));
    }

    private static Tensor Sum(IEnumerable<Tensor> terms) => terms.Aggregate((a, b) => a.Plus(b));
}
