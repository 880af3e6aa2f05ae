using MathNet.Numerics;

namespace Alignment.Statistics.Hypotheses;

/// <summary>A χ² statistic and its p-value.</summary>
public readonly record struct ChiSquaredResult(double Statistic, double PValue);

/// <summary>McNemar (1947): two systems right or wrong on the same items; only the discordant pairs count.</summary>
public static class McNemarTest
{
    /// <summary>Exact two-sided binomial p on the discordant pairs.</summary>
    public static double Exact(int onlyFirstRight, int onlySecondRight) => SignTest.TwoSided(onlyFirstRight, onlySecondRight);

    /// <summary>χ² with one degree of freedom: (b−c)²/(b+c), or (|b−c|−1)²/(b+c) with the continuity correction.</summary>
    public static ChiSquaredResult ChiSquared(int onlyFirstRight, int onlySecondRight, bool continuityCorrection = true)
    {
        double n = onlyFirstRight + onlySecondRight;
        if (n == 0)
        {
            return new(0, 1);
        }

        var difference = Math.Abs(onlyFirstRight - onlySecondRight) - (continuityCorrection ? 1 : 0);
        var statistic = difference * difference / n;
        return new(statistic, SpecialFunctions.Erfc(Math.Sqrt(statistic / 2)));
    }
}
