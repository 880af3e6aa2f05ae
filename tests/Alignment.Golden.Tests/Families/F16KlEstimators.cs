using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F16KlEstimators : IGoldenCheck
{
    public string Family => "F16";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "estimators": Estimators(c); break;
            case "controllers": Controllers(c); break;
            case "exact_kl_two_steps": TwoSteps(c); break;
            default: ThreeTokens(c); break;
        }
    }

    /// <summary>The estimator that a name such as <c>verl.k3+</c> or <c>nemo.k1_unclamped</c> means.</summary>
    internal static Tensor Named(string name, Tensor logProbs, Tensor reference, Tensor old)
    {
        var (library, estimator) = (name.Split('.')[0], name.Split('.')[1]);
        if (estimator == "k3_bias_corrected")
        {
            return KlEstimators.BiasCorrectedK3(logProbs, reference, old);
        }

        var dialect = library switch
        {
            _ when estimator.EndsWith("_unclamped", StringComparison.Ordinal) => KlDialect.Plain,
            "plain" or "trl_ppo" or "trl_grpo" => KlDialect.Plain,
            "verl" => KlDialect.Verl,
            "openrlhf" => KlDialect.OpenRlhf,
            "nemo" => KlDialect.Nemo,
            _ => throw new UnsupportedCaseException($"estimators of {library}"),
        };
        return KlEstimators.Compute(logProbs, reference, KlOptions.Parse(estimator.Replace("_unclamped", ""), dialect));
    }

    private static void Estimators(GoldenCase c)
    {
        var t = c.Tensors;
        double tolerance = c.Family.Tolerance("estimators");
        foreach (var name in c.Json.GetProperty("dialects").EnumerateArray().Select(d => d.GetString()!))
        {
            var logProbs = t.Leaf("in.logprobs");
            var value = Named(name, logProbs, t.Tensor("in.ref_logprobs"), t.Tensor("in.old_logprobs"));
            LossCases.Near($"{name} value", value, t.Doubles($"out.{name}.value"), tolerance);
            LossCases.Near($"{name} mean", value.mean(), c.Json.GetProperty("means").Number(name), tolerance);
            value.sum().backward();
            LossCases.Near($"{name} gradient", logProbs.Gradient(), t.Doubles($"out.{name}.grad"), tolerance);
            if (t.Has($"out.{name}.value_fp32"))
            {
                var single = Named(name, t.Tensor("in.logprobs").to_type(ScalarType.Float32), t.Tensor("in.ref_logprobs").to_type(ScalarType.Float32), t.Tensor("in.old_logprobs"));
                LossCases.Near($"{name} fp32", single, t.Doubles($"out.{name}.value_fp32"), c.Family.Tolerance("openrlhf_value_fp32"));
            }
        }

        foreach (var alias in c.Json.GetProperty("aliases").EnumerateObject())
        {
            var value = Named(alias.Name, t.Tensor("in.logprobs"), t.Tensor("in.ref_logprobs"), t.Tensor("in.old_logprobs"));
            LossCases.Near(alias.Name, value, t.Doubles($"out.{alias.Value.GetString()}.value"), tolerance);
        }
    }

    private static void Controllers(GoldenCase c)
    {
        foreach (var o in c.Json.GetProperty("controllers").EnumerateArray())
        {
            var controller = o.Text("type") == "fixed" ? new KlController(o.Number("initial_coefficient")) : new KlController(o.Number("initial_coefficient"), o.Number("target"), o.Number("horizon"));
            double[] kl = o.Numbers("current_kl"), steps = o.Numbers("n_steps");
            var actual = kl.Zip(steps).Select(x => (controller = controller.After(x.First, x.Second)).Coefficient).ToArray();
            LossCases.Near(o.Text("type"), actual, o.Numbers("coefficients"), c.Family.Tolerance("controllers"));
        }
    }

    private static void ThreeTokens(GoldenCase c)
    {
        var tolerance = c.Family.Tolerance("exact");
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var logits = o.Leaf("policy_logits");
            var reference = o.Vector("ref_logits");
            var kl = ExactKl.Categorical(logits, reference);
            LossCases.Near("kl", kl, o.Number("kl"), tolerance);
            kl.backward();
            LossCases.Near("kl gradient", logits.Gradient(), o.Numbers("kl_grad_policy_logits"), tolerance);
            LossCases.Near("reverse kl", ExactKl.Categorical(reference, logits), o.Number("reverse_kl"), tolerance);
            var every = torch.arange(logits.shape[0], ScalarType.Int64);
            Tensor All(Tensor z) => LogProbs.Selective(z.unsqueeze(0).expand(every.shape[0], z.shape[0]), every);
            LossCases.Near("policy", All(logits), o.Numbers("policy_logprobs"), tolerance);
            LossCases.Near("reference", All(reference), o.Numbers("ref_logprobs"), tolerance);
            foreach (var e in o.GetProperty("estimators").EnumerateObject())
            {
                Estimator(e, All, logits, reference, tolerance);
            }
        }
    }

    private static void Estimator(JsonProperty e, Func<Tensor, Tensor> all, Tensor logits, Tensor reference, double tolerance)
    {
        logits.grad = null;
        var value = KlEstimators.Compute(all(logits), all(reference), KlOptions.Parse(e.Name));
        var p = all(logits).exp().detach();
        LossCases.Near($"{e.Name} values", value, e.Value.Numbers("values"), tolerance);
        var expectation = p.mul(value).sum();
        LossCases.Near($"{e.Name} expectation", expectation, e.Value.Number("expectation"), tolerance);
        LossCases.Near($"{e.Name} variance", p.mul(value.sub(expectation).pow(2)).sum(), e.Value.Number("variance"), tolerance);
        expectation.backward();
        LossCases.Near($"{e.Name} gradient", logits.Gradient(), e.Value.Numbers("expected_gradient"), tolerance);
    }

    private static void TwoSteps(GoldenCase c)
    {
        var (j, tolerance) = (c.Json, c.Family.Tolerance("exact"));
        Tensor Second(string name) => torch.tensor(j.Numbers(name), ScalarType.Float64).reshape(j.GetProperty(name).GetArrayLength(), -1);
        Tensor p1 = j.Vector("policy_step1_logprobs"), q1 = j.Vector("ref_step1_logprobs"), p2 = Second("policy_step2_logprobs_given_first"), q2 = Second("ref_step2_logprobs_given_first");
        var (first, second) = ExactKl.TwoSteps(p1, p2, q1, q2);
        LossCases.Near("first", first, j.Number("first_step_kl"), tolerance);
        LossCases.Near("second", second, j.Number("expected_second_step_kl"), tolerance);
        LossCases.Near("sequence", first.add(second), j.Number("sequence_kl"), tolerance);
        double expected = 0, expectedK3 = 0;
        foreach (var s in j.GetProperty("sequences").EnumerateArray())
        {
            var tokens = s.Ids("tokens");
            Tensor Path(Tensor one, Tensor two) => torch.stack([one[tokens[0]], two[tokens[0], tokens[1]]]);
            Tensor p = Path(p1, p2), q = Path(q1, q2);
            var k1 = KlEstimators.Compute(p, q, new(KlEstimator.K1)).sum().item<double>();
            var k3 = KlEstimators.Compute(p, q, new(KlEstimator.K3)).sum().item<double>();
            LossCases.Near("policy", p.sum(), s.Number("policy_logprob"), tolerance);
            LossCases.Near("reference", q.sum(), s.Number("ref_logprob"), tolerance);
            LossCases.Near("k1", k1, s.Number("k1_sum"), tolerance);
            LossCases.Near("k3", k3, s.Number("k3_sum"), tolerance);
            expected += Math.Exp(p.sum().item<double>()) * k1;
            expectedK3 += Math.Exp(p.sum().item<double>()) * k3;
        }

        LossCases.Near("enumerated", expected, j.Number("sequence_kl"), tolerance);
        LossCases.Near("enumerated k3", expectedK3, j.Number("expectation_of_k3_sum"), tolerance);
    }
}
