using MathNet.Numerics;

namespace Alignment.Statistics.Aggregation;

/// <summary>State of MACE.</summary>
/// <param name="Posterior">[task][label].</param>
/// <param name="Spamming">[worker]: how much the worker spams, and knows.</param>
/// <param name="Strategy">[worker][label]: what a spamming worker answers.</param>
public sealed record MaceResult(double[][] Posterior, double[][] Spamming, double[][] Strategy, double LogMarginalLikelihood);

/// <summary>MACE (Hovy et al. 2013): a worker knows the true label or else answers from a habit of their own.</summary>
public static class Mace
{
    private const double KnowPrior = 0.5, StrategyPrior = 10, Smoothing = 0.01;

    /// <param name="spamming">Starting [worker] → (spam, know).</param>
    /// <param name="strategy">Starting [worker][label].</param>
    /// <param name="variational">Variational Bayes with priors ½ and 10; else EM with 0.01/k added.</param>
    public static MaceResult Fit(
        IReadOnlyList<VoteAnnotation> votes, int tasks, int categories, double[][] spamming, double[][] strategy, int iterations, bool variational)
    {
        for (var i = 0; i < iterations; i++)
        {
            var (know, habit) = Expect(votes, tasks, categories, spamming, strategy);
            (spamming, strategy) = variational
                ? (know.Select(r => Bayes(r, KnowPrior)).ToArray(), habit.Select(r => Bayes(r, StrategyPrior)).ToArray())
                : (know.Select(r => Smoothed(r, Smoothing / categories)).ToArray(), habit.Select(r => Smoothed(r, Smoothing / categories)).ToArray());
        }

        var gold = Gold(votes, tasks, categories, spamming, strategy);
        return new([.. gold.Select(g => g.Select(x => x / g.Sum()).ToArray())], spamming, strategy, gold.Sum(g => Math.Log(g.Sum())));
    }

    private static double[][] Gold(IReadOnlyList<VoteAnnotation> votes, int tasks, int categories, double[][] spamming, double[][] strategy)
    {
        var gold = Enumerable.Range(0, tasks).Select(_ => Enumerable.Repeat(1.0 / categories, categories).ToArray()).ToArray();
        foreach (var v in votes)
        {
            for (var z = 0; z < categories; z++)
            {
                gold[v.Task][z] *= (spamming[v.Worker][0] * strategy[v.Worker][v.Label]) + (v.Label == z ? spamming[v.Worker][1] : 0);
            }
        }

        return gold;
    }

    private static (double[][] Know, double[][] Habit) Expect(IReadOnlyList<VoteAnnotation> votes, int tasks, int categories, double[][] spamming, double[][] strategy)
    {
        var gold = Gold(votes, tasks, categories, spamming, strategy);
        var know = spamming.Select(_ => new double[2]).ToArray();
        var habit = spamming.Select(_ => new double[categories]).ToArray();
        foreach (var v in votes)
        {
            var (g, total) = (gold[v.Task], gold[v.Task].Sum());
            double guess = spamming[v.Worker][0] * strategy[v.Worker][v.Label], known = spamming[v.Worker][1];
            var spam = Enumerable.Range(0, categories).Sum(z => g[z] * (z == v.Label ? guess / (guess + known) : 1)) / total;
            know[v.Worker][0] += spam;
            habit[v.Worker][v.Label] += spam;
            know[v.Worker][1] += g[v.Label] * known / (guess + known) / total;
        }

        return (know, habit);
    }

    private static double[] Smoothed(double[] counts, double extra)
    {
        var sum = counts.Sum() + (extra * counts.Length);
        return [.. counts.Select(c => (c + extra) / sum)];
    }

    private static double[] Bayes(double[] counts, double prior)
    {
        var row = SpecialFunctions.DiGamma(counts.Sum() + (prior * counts.Length));
        return [.. counts.Select(c => Math.Exp(SpecialFunctions.DiGamma(c + prior) - row))];
    }
}
