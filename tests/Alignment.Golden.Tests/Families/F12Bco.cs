using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F12Bco : IGoldenCheck
{
    public string Family => "F12";

    public void Check(GoldenCase c)
    {
        if (c.Json.TryGetProperty("model", out _))
        {
            BcoThroughModel.Check(c);
        }
        else if (c.Json.TryGetProperty("steps", out _))
        {
            Running(c);
        }
        else
        {
            Matching(c);
        }
    }

    internal static void State(string what, RunningMoments moments, JsonElement expected, double tolerance)
    {
        LossCases.Near($"{what} mean", moments.Mean, expected.Number("mean"), tolerance);
        LossCases.Near($"{what} var", moments.Variance, expected.Number("var"), tolerance);
        LossCases.Near($"{what} std", moments.StandardDeviation, expected.Number("std"), tolerance);
        LossCases.Near($"{what} count", moments.Count, expected.Number("count"), tolerance);
    }

    private static void Running(GoldenCase c)
    {
        double fp64 = c.Family.Tolerance("fp64"), beta = c.Json.Number("beta");
        var moments = new RunningMoments();
        var i = 0;
        foreach (var s in c.Json.GetProperty("steps").EnumerateArray())
        {
            var what = $"steps[{i++}]";
            var (policy, reference, desirable) = Rows(s);
            var rewards = BcoLoss.Rewards(policy, reference, beta);
            if (s.Text("mode") == "train")
            {
                moments = moments.Add(rewards);
            }

            LossCases.Near($"{what} delta", moments.Mean, s.Number("delta"), fp64);
            if (s.Maybe("state_after") is { } state)
            {
                State(what, moments, state, fp64);
            }

            Loss(c, what, s, BcoLoss.Compute(policy, reference, desirable, moments.Mean, beta), policy);
            LossCases.Near($"{what} rewards", rewards, [.. s.Numbers("rewards_chosen"), .. s.Numbers("rewards_rejected")], fp64);
        }
    }

    private static (Tensor Policy, Tensor Reference, Tensor Desirable) Rows(JsonElement s)
    {
        double[] chosen = s.Numbers("policy_chosen_logps"), rejected = s.Numbers("policy_rejected_logps");
        var policy = torch.tensor([.. chosen, .. rejected], ScalarType.Float64).requires_grad_();
        var reference = torch.tensor([.. s.Numbers("ref_chosen_logps"), .. s.Numbers("ref_rejected_logps")], ScalarType.Float64);
        var desirable = torch.tensor([.. chosen.Select(_ => true), .. rejected.Select(_ => false)]);
        return (policy, reference, desirable);
    }

    private static void Loss(GoldenCase c, string what, JsonElement s, BcoResult r, Tensor policy)
    {
        LossCases.Near($"{what} loss", r.Loss, s.Number("loss"), c.Family.Tolerance("fp64"));
        LossCases.Near($"{what} rows", r.RowLosses, s.Numbers("row_losses"), c.Family.Tolerance("fp64"));
        if (s.Maybe("grad_chosen_logps") is { } chosen)
        {
            r.Loss.backward();
            LossCases.Near($"{what} gradient", policy.Gradient(), [.. chosen.Numbers(), .. s.Numbers("grad_rejected_logps")], c.Family.Tolerance("grad_fp64"));
        }
    }

    private static void Matching(GoldenCase c)
    {
        double fp64 = c.Family.Tolerance("fp64"), sklearn = c.Family.Tolerance("udm_classifier_vs_sklearn");
        List<double[]> Rows(string name) => [.. Enumerable.Range(0, (int)c.Tensors.Shape(name)[0]).Select(i => c.Tensors.Row(name, i))];
        var (good, bad) = (Rows("in.desirable_prompt_embeddings"), Rows("in.undesirable_prompt_embeddings"));
        var classifier = PromptClassifier.Fit([.. good, .. bad], [.. good.Select(_ => true), .. bad.Select(_ => false)]);
        LossCases.Near("coef", classifier.Coefficients, c.Json.Numbers("coef"), fp64);
        LossCases.Near("intercept", classifier.Intercept, c.Json.Number("intercept"), fp64);
        LossCases.Near("sklearn coef", classifier.Coefficients, c.Json.Numbers("sklearn_coef"), sklearn);
        LossCases.Near("sklearn intercept", classifier.Intercept, c.Json.Number("sklearn_intercept"), sklearn);
        var (chosen, rejected) = (Rows("in.chosen_query_embeddings"), Rows("in.rejected_query_embeddings"));
        LossCases.Near("probabilities", [.. rejected.Select(x => classifier.Probability(x))], c.Json.Numbers("probability_desirable_of_rejected_queries"), fp64);
        var weights = classifier.Weights(
            [.. chosen, .. rejected], [.. chosen.Select(_ => true), .. rejected.Select(_ => false)], c.Json.Number("min_density_ratio"), c.Json.Number("max_density_ratio"));
        LossCases.Near("weights", weights[chosen.Count..], c.Json.Numbers("udm_weights"), fp64);
        var (policy, reference, desirable) = F12Bco.Rows(c.Json);
        var moments = new RunningMoments().Add(BcoLoss.Rewards(policy, reference, c.Json.Number("beta")));
        LossCases.Near("delta", moments.Mean, c.Json.Number("delta"), fp64);
        Loss(c, "udm", c.Json, BcoLoss.Compute(policy, reference, desirable, moments.Mean, c.Json.Number("beta"), torch.tensor(weights, ScalarType.Float64)), policy);
    }
}
