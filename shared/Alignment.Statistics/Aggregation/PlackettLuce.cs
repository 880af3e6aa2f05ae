namespace Alignment.Statistics.Aggregation;

/// <summary>Strengths from rankings (Luce 1959, Plackett 1975), fitted by the MM algorithm of Hunter (2004).</summary>
public static class PlackettLuce
{
    /// <param name="rankings">Items best first; items left out do not enter that ranking.</param>
    /// <returns>Log-strengths with mean 0 and the log-likelihood.</returns>
    public static RatingFit Fit(IReadOnlyList<IReadOnlyList<int>> rankings, int items, int iterations = 20_000, double tolerance = 1e-13)
    {
        var strength = Enumerable.Repeat(1.0, items).ToArray();
        for (var i = 0; i < iterations; i++)
        {
            var next = Improve(rankings, strength);
            var moved = next.Zip(strength, (a, b) => Math.Abs(Math.Log(a / b))).Max();
            strength = next;
            if (moved < tolerance)
            {
                break;
            }
        }

        var theta = strength.Select(s => Math.Log(s)).ToArray();
        var mean = theta.Average();
        theta = [.. theta.Select(t => t - mean)];
        return new(theta, 0, 0, LogLikelihood(rankings, theta));
    }

    public static double LogLikelihood(IReadOnlyList<IReadOnlyList<int>> rankings, IReadOnlyList<double> theta) => rankings.Sum(r =>
        Enumerable.Range(0, r.Count).Sum(place => theta[r[place]] - Math.Log(r.Skip(place).Sum(i => Math.Exp(theta[i])))));

    private static double[] Improve(IReadOnlyList<IReadOnlyList<int>> rankings, double[] strength)
    {
        double[] wins = new double[strength.Length], weight = new double[strength.Length];
        foreach (var r in rankings)
        {
            double rest = r.Sum(i => strength[i]), inverse = 0;
            for (var place = 0; place < r.Count; place++)
            {
                if (place < r.Count - 1)
                {
                    wins[r[place]]++;
                    inverse += 1 / rest;
                }

                weight[r[place]] += inverse;
                rest -= strength[r[place]];
            }
        }

        double[] next = [.. wins.Zip(weight, (w, d) => w / d)];
        var scale = Math.Exp(next.Average(s => Math.Log(s)));
        return [.. next.Select(x => x / scale)];
    }
}
