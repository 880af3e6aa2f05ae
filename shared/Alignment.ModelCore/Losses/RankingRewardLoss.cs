using static TorchSharp.torch;

namespace Alignment.ModelCore.Losses;

/// <summary>Reward losses over whole rankings; one prompt's items stay together, so no pair is seen as independent of its siblings.</summary>
public static class RankingRewardLoss
{
    /// <summary>
    /// Plackett–Luce: −log P(order) = −Σₖ (r_{o(k)} − logsumexp_{j ≥ k} r_{o(j)}) (Plackett 1975; Zhu et al. 2023, eq. 3).
    /// </summary>
    /// <param name="scores">(K), the scores of one prompt's items.</param>
    /// <param name="order">Item indices, best first; items left out were not shown.</param>
    /// <param name="top">Places observed; the later items of the order follow in unknown order. Null: all.</param>
    public static Tensor PlackettLuce(Tensor scores, IReadOnlyList<int> order, int? top = null)
    {
        var ranked = scores.index_select(0, tensor(order.Select(i => (long)i).ToArray(), ScalarType.Int64, scores.device));
        var rest = ranked.flip(0).logcumsumexp(0).flip(0);
        return rest.Minus(ranked).narrow(0, 0, top ?? order.Count).sum();
    }

    /// <summary>
    /// Plackett–Luce with tied groups, best group first: P = Σ over all orders inside the groups, summed over subsets rather than orders
    /// (2^k instead of k! for a group of k).
    /// </summary>
    public static Tensor PlackettLuceTied(Tensor scores, IReadOnlyList<IReadOnlyList<int>> buckets)
    {
        var loss = zeros([], scores.dtype, scores.device);
        for (var b = 0; b < buckets.Count; b++)
        {
            if (buckets[b].Count > 16)
            {
                throw new ArgumentException($"A group of {buckets[b].Count} tied items is too large (at most 16).");
            }

            loss = loss.Minus(LogProbabilityOfGroupFirst(scores, buckets[b], [.. buckets.Skip(b + 1).SelectMany(x => x)]));
        }

        return loss;
    }

    /// <summary>
    /// InstructGPT's k-wise loss: the mean over all pairs of one prompt of −log σ(r_better − r_worse) (Ouyang et al. 2022, eq. 1);
    /// pairs of equal rank are left out. The batch loss is the mean over prompts.
    /// </summary>
    /// <param name="scores">(K).</param>
    /// <param name="ranks">Smaller is better.</param>
    /// <returns>The loss and the number of pairs; 0 pairs give loss 0.</returns>
    public static (Tensor Loss, int Pairs) AllPairs(Tensor scores, IReadOnlyList<double> ranks)
    {
        var better = new List<long>();
        var worse = new List<long>();
        for (var i = 0; i < ranks.Count; i++)
        {
            for (var j = 0; j < ranks.Count; j++)
            {
                if (ranks[i] < ranks[j])
                {
                    better.Add(i);
                    worse.Add(j);
                }
            }
        }

        if (better.Count == 0)
        {
            return (scores.sum().Times(0), 0);
        }

        Tensor Pick(List<long> indices) => scores.index_select(0, tensor(indices.ToArray(), ScalarType.Int64, scores.device));
        return (Pick(better).Minus(Pick(worse)).LogSigmoid().mean().neg(), better.Count);
    }

    /// <summary>f(A) = log P(the items of A were taken first, in any order): f(A) = logsumexp over its last item i of f(A∖i) + r_i − log Σ(what was left).</summary>
    private static Tensor LogProbabilityOfGroupFirst(Tensor scores, IReadOnlyList<int> group, IReadOnlyList<int> rest)
    {
        var item = group.Select(i => scores[i]).ToArray();
        var restScores = rest.Select(i => scores[i]).ToArray();
        var full = (1 << group.Count) - 1;
        var f = new Tensor[full + 1];
        f[0] = zeros([], scores.dtype, scores.device);
        for (var set = 1; set <= full; set++)
        {
            var ways = new List<Tensor>();
            for (var i = 0; i < group.Count; i++)
            {
                if ((set >> i & 1) == 1)
                {
                    var before = set & ~(1 << i);
                    var left = Enumerable.Range(0, group.Count).Where(j => (before >> j & 1) == 0).Select(j => item[j]).Concat(restScores);
                    ways.Add(f[before].Plus(item[i]).Minus(stack(left.ToArray()).logsumexp(0)));
                }
            }

            f[set] = stack(ways).logsumexp(0);
        }

        return f[full];
    }
}
