using System.Text.Json;
using Alignment.Evaluation.Recipes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using Alignment.Statistics.Hypotheses;
using Alignment.Statistics.Language;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F38EvaluationMetrics
{
    private static readonly (string Name, MultiplicityCorrection Correction)[] Corrections =
    [
        ("benjamini_hochberg", MultiplicityCorrection.BenjaminiHochberg), ("benjamini_yekutieli", MultiplicityCorrection.BenjaminiYekutieli), ("holm", MultiplicityCorrection.Holm),
        ("bonferroni", MultiplicityCorrection.Bonferroni), ("hochberg", MultiplicityCorrection.Hochberg),
    ];

    private static void CheckMultiplicityAndPower(JsonElement j, Tolerances t)
    {
        foreach (var c in j.Items("multiple_testing"))
        {
            foreach (var (name, correction) in Corrections)
            {
                var (adjusted, expected) = (MultipleTesting.Adjust(c.Numbers("p_values"), correction), c.GetProperty(name));
                Expect.Close(name, adjusted, expected.Numbers("adjusted"), t.P);
                Expect.Equal<bool>(name, [.. adjusted.Select(p => p <= c.Number("alpha"))], [.. expected.Items("reject").Select(r => r.GetBoolean())]);
            }
        }

        foreach (var c in j.Items("mcnemar_power"))
        {
            double first = c.Number("p_only_first_right"), second = c.Number("p_only_second_right"), alpha = c.Number("alpha");
            Expect.Close("exact power", PowerAnalysis.McNemarExact(c.Int("pairs"), first, second, alpha), c.Number("exact_power_of_exact_mcnemar"), t.Abs);
            Expect.Close("normal power", PowerAnalysis.McNemarNormal(c.Int("pairs"), first, second, alpha), c.Number("normal_approximation_power"), t.Abs);
            Expect.Equal("pairs", PowerAnalysis.McNemarPairs(first, second, alpha: alpha), c.Int("pairs_for_80_percent_normal_approximation"));
        }

        foreach (var c in j.Items("two_group_power"))
        {
            var h = PowerAnalysis.CohensH(c.Number("p1"), c.Number("p2"));
            Expect.Close("h", h, c.Number("cohens_h"), t.Abs);
            Expect.Close("power", PowerAnalysis.TwoGroups(h, c.Number("per_group")), c.Number("power"), t.Abs);
            Expect.Close("size", PowerAnalysis.TwoGroupsSize(h), c.Number("per_group_for_80_percent"), 0, t.Fit);
        }
    }

    private static void CheckTokenAccuracy(GoldenCase c, Tolerances t)
    {
        using var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("model").GetString()!), ScalarType.Float64);
        var o = c.Json.GetProperty("out");
        var scored = PerplexityRecipe.Tokens(model, [.. c.Json.GetProperty("in").Items("rows").Select(r => TokenRow.Of([], r.Ints()))], 0, 2, CancellationToken.None);
        List<TextHits> hits = [.. scored.Select(r => new TextHits(r.Count(x => x.First), r.Count))];
        Expect.Equal<int>("row_correct", [.. hits.Select(h => h.Correct)], o.Ints("row_correct"));
        Expect.Equal<int>("row_tokens", [.. hits.Select(h => h.Tokens)], o.Ints("row_tokens"));
        Expect.Close("micro", TokenAccuracy.Micro(hits), o.Number("micro"), t.Abs);
        Expect.Close("macro", TokenAccuracy.Macro(hits), o.Number("macro"), t.Abs);
        foreach (var (row, expected) in scored.Zip(o.Items("row_token_nll")))
        {
            Expect.Close("token nll", [.. row.Select(x => x.NegativeLogLikelihood)], expected.Numbers(), 0, t.Perplexity);
        }
    }
}
