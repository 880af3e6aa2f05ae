namespace Alignment.Statistics.Aggregation;

/// <summary>State of the EM of Dawid and Skene (1979).</summary>
/// <param name="Posterior">[task][category]: probability of each true category.</param>
/// <param name="Prior">Class shares fitted to that posterior (M step).</param>
/// <param name="Confusion">[worker][true][observed], fitted to that posterior.</param>
/// <param name="LogLikelihood">Of the fitted parameters.</param>
public sealed record DawidSkeneResult(double[][] Posterior, double[] Prior, double[][][] Confusion, double LogLikelihood);

/// <summary>
/// True labels and each worker's confusion matrix from redundant labels. Starts from the share of votes; iteration = M step on
/// the posterior, then E step.
/// </summary>
public static class DawidSkene
{
    // Keeps the logarithm of a confusion that never happened finite.
    private const double Floor = 1e-10;

    public static DawidSkeneResult Fit(IReadOnlyList<VoteAnnotation> votes, int tasks, int workers, int categories, int iterations)
    {
        var posterior = Votes(votes, tasks, categories);
        for (var i = 0; i < iterations; i++)
        {
            var (prior, confusion) = Maximise(votes, posterior, workers, categories);
            posterior = [.. Joint(votes, tasks, prior, confusion).Select(row => Normalised(row).Row)];
        }

        var (finalPrior, finalConfusion) = Maximise(votes, posterior, workers, categories);
        var likelihood = Joint(votes, tasks, finalPrior, finalConfusion).Sum(row => Normalised(row).LogTotal);
        return new(posterior, finalPrior, finalConfusion, likelihood);
    }

    private static double[][] Votes(IReadOnlyList<VoteAnnotation> votes, int tasks, int categories)
    {
        var share = Rows(tasks, categories);
        foreach (var v in votes)
        {
            share[v.Task][v.Label]++;
        }

        return [.. share.Select(r => r.Sum() is var n and > 0 ? [.. r.Select(x => x / n)] : Enumerable.Repeat(1.0 / categories, categories).ToArray())];
    }

    private static (double[] Prior, double[][][] Confusion) Maximise(IReadOnlyList<VoteAnnotation> votes, double[][] posterior, int workers, int categories)
    {
        var confusion = Enumerable.Range(0, workers).Select(_ => Rows(categories, categories)).ToArray();
        foreach (var v in votes)
        {
            for (var z = 0; z < categories; z++)
            {
                confusion[v.Worker][z][v.Label] += posterior[v.Task][z];
            }
        }

        foreach (var row in confusion.SelectMany(c => c))
        {
            for (var l = 0; l < categories; l++)
            {
                row[l] = Math.Max(row[l], Floor);
            }

            var sum = row.Sum();
            for (var l = 0; l < categories; l++)
            {
                row[l] /= sum;
            }
        }

        return ([.. Enumerable.Range(0, categories).Select(z => posterior.Average(p => p[z]))], confusion);
    }

    // log prior·Π confusion for each task and category.
    private static double[][] Joint(IReadOnlyList<VoteAnnotation> votes, int tasks, double[] prior, double[][][] confusion)
    {
        var log = Enumerable.Range(0, tasks).Select(_ => prior.Select(p => Math.Log(p)).ToArray()).ToArray();
        foreach (var v in votes)
        {
            for (var z = 0; z < prior.Length; z++)
            {
                log[v.Task][z] += Math.Log(confusion[v.Worker][z][v.Label]);
            }
        }

        return log;
    }

    private static (double[] Row, double LogTotal) Normalised(double[] log)
    {
        var most = log.Max();
        var total = most + Math.Log(log.Sum(x => Math.Exp(x - most)));
        return ([.. log.Select(x => Math.Exp(x - total))], total);
    }

    private static double[][] Rows(int rows, int columns) => [.. Enumerable.Range(0, rows).Select(_ => new double[columns])];
}
