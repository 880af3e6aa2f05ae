namespace Alignment.Statistics.Aggregation;

/// <summary>A game: <paramref name="Score"/> of the first (home) player, 1 win, ½ tie, 0 loss.</summary>
public readonly record struct Game(int First, int Second, double Score);

/// <summary>What a tie means.</summary>
public enum TieModel
{
    /// <summary>Half a win for both (Bradley and Terry 1952).</summary>
    HalfWin,

    /// <summary>P(win):P(loss):P(tie) = λa : λb : ν√(λaλb) (Davidson 1970).</summary>
    Davidson,

    /// <summary>P(win) = λa/(λa+κλb), the rest a tie, κ ≥ 1 (Rao and Kupper 1967).</summary>
    RaoKupper,
}

/// <summary>A fitted rating model.</summary>
/// <param name="Theta">Log-strengths, mean 0.</param>
/// <param name="Home">Log-advantage of the first player; 0 when not fitted.</param>
/// <param name="Tie">log ν or log κ; 0 for half wins.</param>
public sealed record RatingFit(double[] Theta, double Home, double Tie, double LogLikelihood);

/// <summary>
/// Maximum-likelihood strengths from games with ties, by Newton's method with step halving. Finite only if no group of
/// players always beats the rest.
/// </summary>
public static class PairedComparison
{
    public static RatingFit Fit(IReadOnlyList<Game> games, int players, TieModel ties, bool homeAdvantage)
    {
        // Free parameters: θ of all players (gauge fixed by a penalty on their sum), then home, then tie.
        var home = homeAdvantage ? players : -1;
        var tie = ties == TieModel.HalfWin ? -1 : players + (homeAdvantage ? 1 : 0);
        var x = new double[players + (homeAdvantage ? 1 : 0) + (ties == TieModel.HalfWin ? 0 : 1)];
        if (ties == TieModel.RaoKupper)
        {
            x[tie] = 0.5;
        }

        double Objective(double[] p)
        {
            var sum = p.Take(players).Sum();
            return games.Sum(g => LogProbability(g, p[g.First] - p[g.Second] + (home >= 0 ? p[home] : 0), tie >= 0 ? p[tie] : 0, ties)) - (sum * sum);
        }

        x = NewtonMaximum.Find(Objective, x);
        var mean = x.Take(players).Average();
        return new([.. x.Take(players).Select(t => t - mean)], home >= 0 ? x[home] : 0, tie >= 0 ? x[tie] : 0, Objective(x));
    }

    private static double LogProbability(Game g, double difference, double tie, TieModel model)
    {
        double LogSigmoid(double v) => v >= 0 ? -Math.Log(1 + Math.Exp(-v)) : v - Math.Log(1 + Math.Exp(v));
        switch (model)
        {
            case TieModel.HalfWin:
                return (g.Score * LogSigmoid(difference)) + ((1 - g.Score) * LogSigmoid(-difference));
            case TieModel.Davidson:
                var normal = Math.Log(Math.Exp(difference / 2) + Math.Exp(-difference / 2) + Math.Exp(tie));
                return (g.Score == 0.5 ? tie : g.Score == 1 ? difference / 2 : -difference / 2) - normal;
            default:
                double win = LogSigmoid(difference - tie), loss = LogSigmoid(-difference - tie);
                return g.Score switch { 1 => win, 0 => loss, _ => tie <= 0 ? double.NegativeInfinity : Math.Log(1 - Math.Exp(win) - Math.Exp(loss)) };
        }
    }
}
