namespace Alignment.Statistics.Aggregation;

/// <summary>Elo ratings, updated game by game; they depend on the order, so reports use <see cref="PairedComparison"/>.</summary>
public static class Elo
{
    /// <summary>R ← R + K(score − 1/(1+10^((R_b−R_a)/400))).</summary>
    public static double[] Rate(IEnumerable<Game> games, int players, double start = 1000, double k = 16)
    {
        var rating = Enumerable.Repeat(start, players).ToArray();
        foreach (var g in games)
        {
            var gain = k * (g.Score - (1 / (1 + Math.Pow(10, (rating[g.Second] - rating[g.First]) / 400))));
            rating[g.First] += gain;
            rating[g.Second] -= gain;
        }

        return rating;
    }

    /// <summary>A log-strength on the Elo scale: centre + 400/ln 10 · θ.</summary>
    public static double FromLogStrength(double theta, double centre = 1000) => centre + (400 / Math.Log(10) * theta);
}
