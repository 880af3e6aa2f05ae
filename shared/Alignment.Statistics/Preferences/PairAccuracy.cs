using Alignment.Statistics.Intervals;

namespace Alignment.Statistics.Preferences;

/// <summary>How often a reward model scores the preferred answer higher.</summary>
/// <param name="TiesWrong">Equal scores count as wrong.</param>
/// <param name="TiesHalf">Equal scores count half.</param>
/// <param name="TiesDropped">Equal scores left out; NaN when all are equal.</param>
/// <param name="MeanMargin">Mean of chosen − rejected.</param>
/// <param name="Interval">95 % Wilson interval of <paramref name="TiesHalf"/>.</param>
public sealed record PairAccuracy(int Count, int Ties, double TiesWrong, double TiesHalf, double TiesDropped, double MeanMargin, Interval Interval)
{
    public static PairAccuracy Of(IReadOnlyList<double> chosen, IReadOnlyList<double> rejected)
    {
        var w = WinRate.Of(chosen, rejected);
        return new(w.Count, w.Ties, (double)w.Wins / w.Count, w.TiesHalf, w.TiesDropped,
            chosen.Zip(rejected, (c, r) => c - r).Sum() / w.Count, w.Wilson());
    }

    /// <summary>
    /// The accuracy that labels allow. Two people with the same chance q of the true answer agree with probability
    /// q² + (1−q)², so agreement a means q = (1 + √(2a − 1))/2: a model that knew the truth would match a person's label
    /// with probability q and no more. Agreement at or below ½ gives ½: such labels teach nothing.
    /// </summary>
    public static double Ceiling(double pairAgreement) => pairAgreement <= 0.5 ? 0.5 : (1 + Math.Sqrt((2 * pairAgreement) - 1)) / 2;
}
