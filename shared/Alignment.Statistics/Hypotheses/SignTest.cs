using MathNet.Numerics.Distributions;

namespace Alignment.Statistics.Hypotheses;

/// <summary>The exact sign test: is a win as likely as a loss? Ties are dropped.</summary>
public static class SignTest
{
    /// <summary>Two-sided p: twice the smaller binomial tail with p = ½, at most 1.</summary>
    public static double TwoSided(int wins, int losses)
    {
        var n = wins + losses;
        return n == 0 ? 1 : Math.Min(1, 2 * Binomial.CDF(0.5, n, Math.Min(wins, losses)));
    }

    /// <summary>One-sided p that wins are no likelier than losses: P(X ≥ wins).</summary>
    public static double Greater(int wins, int losses)
    {
        var n = wins + losses;
        return n == 0 ? 1 : Math.Min(1, Binomial.CDF(0.5, n, losses));
    }
}
