using Alignment.Statistics.Selection;

namespace Alignment.Statistics.Tests;

/// <summary>Best-of-n against enumeration of every draw and every subset.</summary>
public sealed class BestOfNTests
{
    private static readonly double[] P = [.5, .3, .2];
    private static readonly double[] Reward = [1, -2, 4];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Distribution_EveryDrawEnumerated_Agrees(int n)
    {
        var (maximum, chosen) = (0.0, new double[3]);
        foreach (var draw in Draws(n))
        {
            var probability = draw.Aggregate(1.0, (p, i) => p * P[i]);
            var best = draw.MaxBy(i => Reward[i]);
            maximum += probability * Reward[best];
            chosen[best] += probability;
        }

        Assert.Equal(maximum, BestOfN.ExpectedMaximum(P, Reward, n), 1e-12);
        Assert.Equal(chosen, BestOfN.Distribution(P, Reward, n), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.True(BestOfN.Kl(chosen, P) <= BestOfN.KlBound(n) + 1e-12);
    }

    [Fact]
    public void Estimate_EverySubsetEnumerated_IsTheirMeanMaximum()
    {
        double[] scores = [.3, -1, 2, .3, .9];
        var subsets = from a in Enumerable.Range(0, 5) from b in Enumerable.Range(a + 1, 4 - a) from c in Enumerable.Range(b + 1, 4 - b) select Math.Max(scores[a], Math.Max(scores[b], scores[c]));
        Assert.Equal(subsets.Average(), BestOfN.Estimate(scores, 3), 1e-12);
        Assert.Equal(scores.Max(), BestOfN.Estimate(scores, 5), 1e-12);
        Assert.Equal(scores.Average(), BestOfN.Estimate(scores, 1), 1e-12);
    }

    // Of the C(6, 2) = 15 pairs of six samples, C(4, 2) = 6 hold none of the two correct ones.
    [Fact]
    public void PassAt_TwoCorrectOfSix_CountsPairs() => Assert.Equal(1 - (6.0 / 15), BestOfN.PassAt(6, 2, 2), 1e-12);

    private static IEnumerable<int[]> Draws(int n) => n == 0 ? [[]] : from rest in Draws(n - 1) from i in Enumerable.Range(0, 3) select (int[])[.. rest, i];
}
