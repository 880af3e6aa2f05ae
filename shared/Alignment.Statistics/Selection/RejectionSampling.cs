namespace Alignment.Statistics.Selection;

/// <param name="AcceptanceRate">Share of draws kept.</param>
/// <param name="Accepted">Distribution of what is kept.</param>
/// <param name="Kl">KL(accepted ‖ base) in nats.</param>
/// <param name="ExpectedReward">Under the accepted distribution.</param>
public sealed record AcceptanceResult(double AcceptanceRate, double[] Accepted, double Kl, double ExpectedReward)
{
    /// <summary>Draws per kept sample, on average.</summary>
    public double ExpectedDraws => 1 / AcceptanceRate;
}

/// <summary>What rejection sampling from a base policy keeps.</summary>
public static class RejectionSampling
{
    /// <summary>Accept y with probability exp((r(y) − r_max)/β): the accepted distribution is p·exp(r/β)/Z, DPO's optimum (Liu et al. 2024, RSO).</summary>
    public static double[] AcceptanceProbabilities(IReadOnlyList<double> rewards, double beta)
    {
        var max = rewards.Max();
        return [.. rewards.Select(r => Math.Exp((r - max) / beta))];
    }

    public static AcceptanceResult Exponential(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards, double beta) =>
        Accept(probabilities, rewards, AcceptanceProbabilities(rewards, beta));

    /// <summary>Keep what exceeds the threshold; KL = −log(rate).</summary>
    public static AcceptanceResult Threshold(IReadOnlyList<double> probabilities, IReadOnlyList<double> rewards, double threshold, bool strictlyGreater = true) =>
        Accept(probabilities, rewards, [.. rewards.Select(r => (strictlyGreater ? r > threshold : r >= threshold) ? 1.0 : 0)]);

    private static AcceptanceResult Accept(IReadOnlyList<double> p, IReadOnlyList<double> rewards, double[] acceptance)
    {
        var rate = p.Zip(acceptance).Sum(x => x.First * x.Second);
        double[] accepted = [.. p.Zip(acceptance).Select(x => x.First * x.Second / rate)];
        return new(rate, accepted, BestOfN.Kl(accepted, p), accepted.Zip(rewards).Sum(x => x.First == 0 ? 0 : x.First * x.Second));
    }
}
