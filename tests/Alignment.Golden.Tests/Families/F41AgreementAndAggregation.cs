using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Statistics.Agreement;

namespace Alignment.Golden.Tests.Families;

/// <summary>Agreement coefficients, crowd labels and rating models; a case is recognised by what its JSON holds.</summary>
public sealed partial class F41AgreementAndAggregation : IGoldenCheck
{
    public string Family => "F41";

    public void Check(GoldenCase c)
    {
        var j = c.Json;
        var tolerance = c.Family.Tolerance("default_abs");
        if (j.Has("cohen"))
        {
            CheckKappa(j, tolerance);
        }
        else if (j.Has("tau"))
        {
            CheckKendall(j, tolerance);
        }
        else if (j.Has("cases") && j.GetProperty("cases")[0].Has("ordinal"))
        {
            CheckKrippendorff(j, tolerance);
        }
        else if (j.Has("annotations_task_worker_label"))
        {
            CheckDawidSkene(j, tolerance, c.Family.Tolerance("em_probabilities_abs"));
        }
        else if (j.Has("in") && j.GetProperty("in").Has("initial_spamming"))
        {
            CheckMace(c, tolerance, c.Family.Tolerance("em_probabilities_abs"));
        }
        else if (j.Has("out") && j.GetProperty("out").Has("posterior_of_1"))
        {
            CheckGlad(c);
        }
        else if (j.Has("players"))
        {
            CheckTies(j, c.Family.Tolerance("iterative_mle_abs"));
        }
        else if (j.Has("cases") && j.GetProperty("cases")[0].Has("rankings_best_first"))
        {
            CheckPlackettLuce(j, c.Family.Tolerance("iterative_mle_abs"));
        }
        else
        {
            throw new UnsupportedCaseException(c.Name);
        }
    }

    private static double?[] Ratings(JsonElement row) => [.. row.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? (double?)null : v.Number())];

    private static void CheckKrippendorff(JsonElement j, double tolerance)
    {
        foreach (var c in j.Items("cases"))
        {
            var ratings = c.Items("ratings").Select(Ratings).ToList();
            foreach (var distance in Enum.GetValues<RatingDistance>())
            {
                var name = distance.ToString().ToLowerInvariant();
                var expected = c.GetProperty(name);
                var alpha = KrippendorffAlpha.Compute(ratings, distance);
                if (expected.ValueKind == JsonValueKind.Null)
                {
                    Expect.Equal(name, alpha, null);
                }
                else
                {
                    Expect.Close(name, alpha ?? double.NaN, expected.Number(), tolerance);
                }
            }
        }
    }

    private static void CheckKappa(JsonElement j, double tolerance)
    {
        foreach (var c in j.Items("cohen"))
        {
            int[] Zero(string name) => [.. c.Ints(name).Select(x => x - 1)];
            foreach (var (name, w) in new[] { ("unweighted", KappaWeights.None), ("linear", KappaWeights.Linear), ("quadratic", KappaWeights.Quadratic) })
            {
                Expect.Close($"cohen {name}", Kappa.Cohen(Zero("first"), Zero("second"), c.Int("categories"), w), c.Number(name), tolerance);
            }
        }

        foreach (var c in j.Items("fleiss"))
        {
            var counts = c.Items("counts_items_x_categories").Select(r => r.Ints()).ToList();
            Expect.Close("fleiss", Kappa.Fleiss(counts), c.Number("fleiss"), tolerance);
            Expect.Close("randolph", Kappa.Randolph(counts), c.Number("randolph"), tolerance);
        }

        foreach (var c in j.Items("gwet"))
        {
            var ratings = c.Items("ratings").Select(r => Ratings(r).Select(v => (int?)v - 1).ToArray()).ToList();
            foreach (var (name, w) in new[] { ("ac1", KappaWeights.None), ("ac2_linear", KappaWeights.Linear), ("ac2_quadratic", KappaWeights.Quadratic) })
            {
                var (actual, e) = (Kappa.Gwet(ratings, c.Int("categories"), w), c.GetProperty(name));
                Expect.Close($"gwet {name}", [actual.Coefficient, actual.Observed, actual.Chance],
                    [e.Number("coefficient"), e.Number("observed"), e.Number("chance")], tolerance);
            }
        }
    }

    private static void CheckKendall(JsonElement j, double tolerance)
    {
        foreach (var c in j.Items("tau"))
        {
            var (x, y) = (c.Numbers("x"), c.Numbers("y"));
            var tau = RankAgreement.Tau(x, y);
            Expect.Close("tau_b, tau_c, p, spearman", [tau.B, tau.C, tau.PValue, RankAgreement.Spearman(x, y)],
                [c.Number("tau_b"), c.Number("tau_c"), c.Number("p_asymptotic"), c.Number("spearman")], tolerance);
        }

        foreach (var c in j.Items("w"))
        {
            var w = RankAgreement.Concordance(c.Matrix("scores_raters_x_items"));
            Expect.Close("w, chi2, p, uncorrected", [w.W, w.FriedmanChiSquared, w.PValue, w.WithoutTieCorrection],
                [c.Number("w"), c.Number("friedman_chi2"), c.Number("p"), c.Number("w_without_tie_correction")], tolerance);
        }
    }
}
