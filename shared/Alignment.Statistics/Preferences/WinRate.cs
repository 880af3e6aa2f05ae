using Alignment.Statistics.Intervals;

namespace Alignment.Statistics.Preferences;

/// <summary>Wins, ties and losses of one model against another on the same prompts.</summary>
public readonly record struct WinRate(int Wins, int Ties, int Losses)
{
    public int Count => Wins + Ties + Losses;

    /// <summary>(wins + ½ ties)/n; NaN without comparisons.</summary>
    public double TiesHalf => (Wins + (0.5 * Ties)) / Count;

    /// <summary>wins/(wins + losses); NaN when all are ties.</summary>
    public double TiesDropped => (double)Wins / (Wins + Losses);

    /// <summary>Wilson interval of <see cref="TiesHalf"/>.</summary>
    public Interval Wilson(double confidence = 0.95) => ProportionInterval.Wilson(Wins + (0.5 * Ties), Count, confidence);

    /// <summary>Counts paired scores; differences within <paramref name="margin"/> are ties.</summary>
    public static WinRate Of(IReadOnlyList<double> model, IReadOnlyList<double> baseline, double margin = 0)
    {
        if (model.Count != baseline.Count)
        {
            throw new ArgumentException($"{model.Count} scores of the model against {baseline.Count} of the baseline.", nameof(model));
        }

        var difference = model.Zip(baseline, (m, b) => m - b).ToList();
        var wins = difference.Count(d => d > margin);
        var losses = difference.Count(d => d < -margin);
        return new(wins, difference.Count - wins - losses, losses);
    }
}
