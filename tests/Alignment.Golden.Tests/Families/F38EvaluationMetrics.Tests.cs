using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Statistics.Hypotheses;
using Alignment.Statistics.Intervals;
using Alignment.Statistics;
using Alignment.Statistics.Preferences;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F38EvaluationMetrics
{
    private static void CheckTests(JsonElement j, Tolerances t)
    {
        foreach (var m in j.Items("mcnemar"))
        {
            var (b, c) = (m.Int("only_first_right"), m.Int("only_second_right"));
            Expect.Close("mcnemar exact_p", McNemarTest.Exact(b, c), m.Number("exact_p"), t.P);
            if (!m.Has("chi2"))
            {
                continue;
            }

            var corrected = McNemarTest.ChiSquared(b, c);
            Expect.Close("mcnemar chi2_corrected", corrected.Statistic, m.Number("chi2_corrected"), t.Abs);
            Expect.Close("mcnemar chi2_corrected_p", corrected.PValue, m.Number("chi2_corrected_p"), t.P);
            var plain = McNemarTest.ChiSquared(b, c, continuityCorrection: false);
            Expect.Close("mcnemar chi2", plain.Statistic, m.Number("chi2"), t.Abs);
            Expect.Close("mcnemar chi2_p", plain.PValue, m.Number("chi2_p"), t.P);
        }

        foreach (var p in j.Items("paired_permutation"))
        {
            var r = PairedPermutationTest.Exact(p.Numbers("differences"));
            Expect.Close("permutation mean", r.Mean, p.Number("mean"), t.Abs);
            Expect.Close("permutation p_two_sided", r.TwoSided, p.Number("p_two_sided"), t.P);
            Expect.Close("permutation p_greater", r.Greater, p.Number("p_greater"), t.P);
            Expect.Equal("permutation sign_patterns", r.Patterns, p.GetProperty("sign_patterns").GetInt64());
        }

        foreach (var w in j.Items("wilcoxon"))
        {
            CheckWilcoxon(w, t);
        }

        foreach (var m in j.Items("mann_whitney"))
        {
            CheckMannWhitney(m, t);
        }

        foreach (var k in j.Items("kolmogorov_smirnov"))
        {
            var r = KolmogorovSmirnovTest.TwoSample(k.Numbers("x"), k.Numbers("y"));
            Expect.Close("ks statistic", r.Statistic, k.Number("statistic"), t.Abs);
            Expect.Close("ks exact_p", r.ExactPValue, k.Number("exact_p"), t.P);
            Expect.Close("ks asymptotic_p", r.AsymptoticPValue, k.Number("asymptotic_p"), t.P);
        }
    }

    private static void CheckWilcoxon(JsonElement w, Tolerances t)
    {
        var d = w.Numbers("differences");
        var exact = WilcoxonSignedRankTest.Exact(d);
        Expect.Close("w_plus", exact.Plus, w.Number("w_plus"), t.Abs);
        Expect.Close("w_minus", exact.Minus, w.Number("w_minus"), t.Abs);
        if (w.Has("exact_p"))
        {
            Expect.Close("exact_statistic_min", exact.Statistic, w.Number("exact_statistic_min"), t.Abs);
            Expect.Close("wilcoxon exact_p", exact.PValue, w.Number("exact_p"), t.P);
        }

        foreach (var p in w.EnumerateObject().Where(p => p.Name.StartsWith("asymptotic_", StringComparison.Ordinal)))
        {
            var r = WilcoxonSignedRankTest.Asymptotic(d,
                p.Name.Contains("pratt", StringComparison.Ordinal) ? ZeroDifferences.Pratt : ZeroDifferences.Wilcox,
                p.Name.EndsWith("continuity", StringComparison.Ordinal));
            Expect.Close($"{p.Name} statistic", r.Statistic, p.Value.Number("statistic_min"), t.Abs);
            Expect.Close($"{p.Name} z", r.Z, p.Value.Number("z"), t.Abs);
            Expect.Close($"{p.Name} p", r.PValue, p.Value.Number("p"), t.P);
        }
    }

    private static void CheckMannWhitney(JsonElement m, Tolerances t)
    {
        var (x, y) = (m.Numbers("x"), m.Numbers("y"));
        foreach (var continuity in new[] { true, false })
        {
            var e = m.GetProperty(continuity ? "asymptotic_continuity" : "asymptotic");
            var r = MannWhitneyTest.Asymptotic(x, y, continuity);
            Expect.Close("u_x", r.FirstU, e.Number("u_x"), t.Abs);
            Expect.Close("mann-whitney p", r.PValue, e.Number("p"), t.P);
            Expect.Close("rank_biserial", r.RankBiserial, m.Number("rank_biserial"), t.Abs);
            Expect.Close("cliffs_delta", r.RankBiserial, m.Number("cliffs_delta"), t.Abs);
        }

        if (m.Has("exact_p"))
        {
            Expect.Close("mann-whitney exact_p", MannWhitneyTest.ExactPValue(x, y), m.Number("exact_p"), t.P);
        }
    }

    private static void CheckPairwise(JsonElement j, Tolerances t)
    {
        foreach (var c in j.Items("cases"))
        {
            var w = new WinRate(c.Int("wins"), c.Int("ties"), c.Int("losses"));
            Expect.Close("win_rate_ties_half", w.TiesHalf, c.Number("win_rate_ties_half"), t.Abs);
            Expect.Close("win_rate_ties_dropped", w.TiesDropped, c.Number("win_rate_ties_dropped"), t.Abs);
            CheckInterval("wilson_95_ties_half", w.Wilson(), c, t);
            CheckInterval("wilson_95_wins_only", ProportionInterval.Wilson(w.Wins, w.Count), c, t);
            CheckInterval("wilson_90_wins_only", ProportionInterval.Wilson(w.Wins, w.Count, 0.90), c, t);
            CheckInterval("clopper_pearson_95_wins_only", ProportionInterval.ClopperPearson(w.Wins, w.Count), c, t);
            Expect.Close("sign_test_p", SignTest.TwoSided(w.Wins, w.Losses), c.Number("sign_test_p_ties_dropped"), t.P);
        }

        var s = j.GetProperty("scores");
        var a = PairAccuracy.Of(s.Numbers("chosen"), s.Numbers("rejected"));
        Expect.Equal("ties", a.Ties, s.Int("ties"));
        Expect.Close("accuracy_ties_wrong", a.TiesWrong, s.Number("accuracy_ties_wrong"), t.Abs);
        Expect.Close("accuracy_ties_half", a.TiesHalf, s.Number("accuracy_ties_half"), t.Abs);
        Expect.Close("accuracy_ties_dropped", a.TiesDropped, s.Number("accuracy_ties_dropped"), t.Abs);
        Expect.Close("mean_margin", a.MeanMargin, s.Number("mean_margin"), t.Abs);
    }

    private static void CheckInterval(string name, Interval actual, JsonElement holder, Tolerances t) =>
        Expect.Close(name, [actual.Low, actual.High], holder.Numbers(name), t.Abs);

    private static void CheckBootstrap(JsonElement j, Tolerances t)
    {
        foreach (var c in j.Items("cases"))
        {
            Func<IReadOnlyList<double>, double> statistic = c.GetProperty("statistic").GetString() switch
            {
                "mean" => Descriptive.Mean,
                "median" => Descriptive.Median,
                "std" => Descriptive.StandardDeviation,
                var s => throw new UnsupportedCaseException($"bootstrap of {s}"),
            };
            var r = Bootstrap.Run(c.Numbers("sample"), statistic, c.Items("resample_indices").Select(x => x.Ints()));
            Expect.Close("estimate", r.Estimate, c.Number("estimate"), t.Abs);
            Expect.Close("bias_correction_z0", r.BiasCorrection, c.Number("bias_correction_z0"), t.Abs);
            Expect.Close("acceleration", r.Acceleration, c.Number("acceleration"), t.Abs);
            Expect.Close("standard_error", r.StandardError, c.Number("standard_error"), t.Abs);
            foreach (var ci in c.EnumerateObject().Where(p => p.Name.StartsWith("ci_", StringComparison.Ordinal)))
            {
                var confidence = int.Parse(ci.Name.AsSpan(3)) / 100.0;
                CheckInterval("percentile", r.Percentile(confidence), ci.Value, t);
                CheckInterval("basic", r.Basic(confidence), ci.Value, t);
                CheckInterval("BCa", r.BiasCorrectedAccelerated(confidence), ci.Value, t);
            }
        }
    }
}
