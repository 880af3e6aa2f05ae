using Alignment.Golden.Tests.Harness;

namespace Alignment.Golden.Tests.Families;

/// <summary>Metrics, intervals, tests, drift and calibration; a case is recognised by what its JSON holds.</summary>
public sealed partial class F38EvaluationMetrics : IGoldenCheck
{
    public string Family => "F38";

    public void Check(GoldenCase c)
    {
        var j = c.Json;
        var t = new Tolerances(c.Family);
        if (j.Has("out") && j.GetProperty("out").Has("token_weighted_perplexity"))
        {
            CheckPerplexity(c, t);
        }
        else if (j.Has("out") && j.GetProperty("out").Has("row_token_nll"))
        {
            CheckTokenAccuracy(c, t);
        }
        else if (j.Has("corpus") && j.GetProperty("corpus").Has("bleu_exp"))
        {
            CheckOverlap(j, t);
        }
        else if (j.Has("streams"))
        {
            CheckSequential(j, t);
        }
        else if (j.Has("multiple_testing"))
        {
            CheckMultiplicityAndPower(j, t);
        }
        else if (j.Has("mcnemar") && j.Has("wilcoxon"))
        {
            CheckTests(j, t);
        }
        else if (j.Has("scores") && j.Has("cases"))
        {
            CheckPairwise(j, t);
        }
        else if (j.Has("cases") && j.GetProperty("cases")[0].Has("resample_indices"))
        {
            CheckBootstrap(j, t);
        }
        else if (j.Has("games"))
        {
            CheckRatings(j, t);
        }
        else if (j.Has("pass_at_k"))
        {
            CheckBestOfN(j, t);
        }
        else if (j.Has("population_stability_index"))
        {
            CheckDrift(j, t);
        }
        else if (j.Has("ranking"))
        {
            CheckClassification(j, t);
        }
        else if (j.Has("logits"))
        {
            CheckCalibration(j, t);
        }
        else if (j.Has("in") && j.GetProperty("in").Has("baseline_length"))
        {
            CheckLength(j, t);
        }
        else
        {
            throw new UnsupportedCaseException(c.Name);
        }
    }

    private sealed class Tolerances(GoldenFamily family)
    {
        public double Abs { get; } = family.Tolerance("default_abs");

        public double P { get; } = family.Tolerance("p_values_abs");

        public double Fit { get; } = family.Tolerance("iterative_fits_rel");

        public double Perplexity { get; } = family.Tolerance("perplexity_rel");
    }
}
