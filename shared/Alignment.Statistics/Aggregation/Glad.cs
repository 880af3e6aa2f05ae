namespace Alignment.Statistics.Aggregation;

/// <summary>GLAD (Whitehill et al. 2009), binary labels: P(label correct) = σ(α_worker · e^β_task), both classes equally likely.</summary>
public static class Glad
{
    /// <summary>The E step: P(true label = 1) of each task from given abilities and log-difficulties.</summary>
    public static double[] Posterior(IReadOnlyList<VoteAnnotation> votes, IReadOnlyList<double> ability, IReadOnlyList<double> logEase)
    {
        var odds = new double[logEase.Count];
        foreach (var v in votes)
        {
            // log σ(x) − log σ(−x) = x: a vote moves the log-odds by α e^β towards its label.
            odds[v.Task] += (v.Label == 1 ? 1 : -1) * ability[v.Worker] * Math.Exp(logEase[v.Task]);
        }

        return [.. odds.Select(x => 1 / (1 + Math.Exp(-x)))];
    }
}
