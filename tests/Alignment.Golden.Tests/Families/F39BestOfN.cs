using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Statistics.Selection;

namespace Alignment.Golden.Tests.Families;

public sealed class F39BestOfN : IGoldenCheck
{
    public string Family => "F39";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "expected_maximum": Distributions(c, Maximum); break;
            case "best_of_n_distribution": Distributions(c, Distribution); break;
            case "without_replacement": Each(c, Estimates); break;
            case "rejection_sampling": Each(c, Rejection); break;
            case "threshold_filter": Each(c, Threshold); break;
            case "selection": Each(c, (_, o) => Selection(o)); break;
            default: LossCases.Near("bound", [.. c.Json.Numbers("n").Select(BestOfN.KlBound)], c.Json.Numbers("bound"), Tolerance(c)); break;
        }
    }

    private static double Tolerance(GoldenCase c) => c.Family.Tolerance("all");

    private static void Each(GoldenCase c, Action<double, JsonElement> check)
    {
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            check(Tolerance(c), o);
        }
    }

    private static void Distributions(GoldenCase c, Action<double, double[], double[], int, JsonElement> check)
    {
        foreach (var d in c.Json.GetProperty("distributions").EnumerateArray())
        {
            foreach (var o in d.GetProperty("cases").EnumerateArray())
            {
                check(Tolerance(c), d.Numbers("probabilities"), d.Numbers("rewards"), (int)o.Number("n"), o);
            }
        }
    }

    private static void Maximum(double tolerance, double[] p, double[] r, int n, JsonElement o)
    {
        LossCases.Near("maximum", BestOfN.ExpectedMaximum(p, r, n), o.Number("expected_maximum"), tolerance);
        LossCases.Near("variance", BestOfN.VarianceOfMaximum(p, r, n), o.Number("variance_of_maximum"), tolerance);
        LossCases.Near("minimum", BestOfN.ExpectedMinimum(p, r, n), o.Number("expected_minimum"), tolerance);
        if (o.Maybe("expected_order_statistics") is { } order)
        {
            LossCases.Near("order statistics", BestOfN.ExpectedOrderStatistics(p, r, n), order.Numbers(), tolerance);
        }
    }

    private static void Distribution(double tolerance, double[] p, double[] r, int n, JsonElement o)
    {
        var q = BestOfN.Distribution(p, r, n);
        LossCases.Near("distribution", q, o.Numbers("best_of_n_probabilities"), tolerance);
        LossCases.Near("kl", BestOfN.Kl(q, p), o.Number("kl"), tolerance);
        LossCases.Near("bound", BestOfN.KlBound(n), o.Number("kl_bound"), tolerance);
        var expected = BestOfN.ExpectedMaximum(p, r, n);
        LossCases.Near("reward", expected, o.Number("expected_reward"), tolerance);
        LossCases.Near("reward under q", q.Zip(r).Sum(x => x.First * x.Second), o.Number("expected_reward"), tolerance);
        LossCases.Near("gain", expected - BestOfN.ExpectedMaximum(p, r, 1), o.Number("reward_gain"), tolerance);
    }

    private static void Estimates(double tolerance, JsonElement o)
    {
        var rewards = o.Numbers("rewards");
        LossCases.Near("estimate", BestOfN.Estimate(rewards, (int)o.Number("n")), o.Number("best_of_n_estimate"), tolerance);
        LossCases.Near("pass", BestOfN.PassAt(rewards.Length, (int)o.Number("correct"), (int)o.Number("n")), o.Number("pass_at_n"), tolerance);
    }

    private static void Rejection(double tolerance, JsonElement o)
    {
        var r = RejectionSampling.Exponential(o.Numbers("probabilities"), o.Numbers("rewards"), o.Number("beta"));
        LossCases.Near("acceptance", RejectionSampling.AcceptanceProbabilities(o.Numbers("rewards"), o.Number("beta")), o.Numbers("acceptance_probabilities"), tolerance);
        Accepted(tolerance, r, o);
        LossCases.Near("draws", r.ExpectedDraws, o.Number("expected_draws"), tolerance);
        LossCases.Near("reward", r.ExpectedReward, o.Number("expected_reward"), tolerance);
    }

    private static void Threshold(double tolerance, JsonElement o) =>
        Accepted(tolerance, RejectionSampling.Threshold(o.Numbers("probabilities"), o.Numbers("rewards"), o.Number("threshold"), o.Flag("strictly_greater")), o);

    private static void Accepted(double tolerance, AcceptanceResult r, JsonElement o)
    {
        LossCases.Near("rate", r.AcceptanceRate, o.Number("acceptance_rate"), tolerance);
        LossCases.Near("accepted", r.Accepted, o.Numbers("accepted_probabilities"), tolerance);
        LossCases.Near("kl", r.Kl, o.Number("kl"), tolerance);
    }

    private static void Selection(JsonElement o)
    {
        var scores = o.Numbers("scores");
        Expect.Equal("best", Candidates.Best(scores), (int?)o.Maybe("best")?.Number());
        Expect.Equal("worst", Candidates.Worst(scores), (int?)o.Maybe("worst")?.Number());
        foreach (var p in o.EnumerateObject().Where(p => p.Name.StartsWith("top_", StringComparison.Ordinal)))
        {
            Expect.Equal<int>(p.Name, Candidates.Top(scores, int.Parse(p.Name[4..], System.Globalization.CultureInfo.InvariantCulture)), [.. p.Value.Numbers().Select(x => (int)x)]);
        }

        (int, int)? expected = o.Maybe("pair_best_worst") is { } pair ? ((int)pair[0].Number(), (int)pair[1].Number()) : null;
        Expect.Equal("pair", Candidates.Pair(scores), expected);
    }
}
