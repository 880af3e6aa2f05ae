using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F09DpoLosses : IGoldenCheck
{
    public string Family => "F09";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "grid": Grid(c); break;
            case "mixtures": Mixtures(c); break;
            case "extreme": Extreme(c); break;
            case "start-values": StartValues(c); break;
            default: DpoThroughModel.Check(c); break;
        }
    }

    internal static DpoOptions Options(JsonElement o)
    {
        var types = o.GetProperty("loss_type") is { ValueKind: JsonValueKind.Array } many ? [.. many.EnumerateArray().Select(t => t.GetString()!)] : new[] { o.Text("loss_type") };
        var weights = o.Maybe("loss_weights")?.Numbers();
        return new()
        {
            Terms = [.. types.Select((t, i) => new DpoTerm(OptionNames.Parse<DpoLossType>(t), weights?[i] ?? 1))],
            Beta = o.Number("beta"),
            LabelSmoothing = o.Number("label_smoothing", 0),
            Divergence = OptionNames.Parse<FDivergence>(o.Text("f_divergence_type")),
            AlphaCoefficient = o.Number("f_alpha_divergence_coef", .5),
            DiscopopTau = o.Number("discopop_tau", .05),
        };
    }

    private static void Grid(GoldenCase c)
    {
        var t = c.Tensors;
        double fp64 = c.Family.Tolerance("fp64"), grad = c.Family.Tolerance("grad_fp64");
        var mask = t.Tensor("in.completion_mask");
        var shifted = mask.narrow(1, 1, mask.shape[1] - 1);
        var lengths = mask.sum(1);
        var half = lengths.shape[0] / 2;
        var ldAlpha = c.Json.Number("ld_alpha_of_in.ld");
        var i = 0;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var ld = o.Maybe("ld_alpha")?.Number();
            LossCases.Wrong(ld is { } l && l != ldAlpha, "another ld_alpha than in.ld");
            var p = ld is null ? "in." : "in.ld.";
            Tensor chosen = t.Leaf(p + "policy_chosen_logps"), rejected = t.Leaf(p + "policy_rejected_logps");
            var inputs = new DpoInputs(chosen, rejected, t.Double(p + "ref_chosen_logps"), t.Double(p + "ref_rejected_logps"))
            {
                ChosenLengths = lengths.narrow(0, 0, half), RejectedLengths = lengths.narrow(0, half, half),
            };
            var r = DpoLoss.Compute(inputs, Options(o));
            var what = $"cases[{i}] {o.Text("loss_type")}";
            LossCases.Near($"{what} loss", r.Loss, o.Number("loss"), fp64);
            LossCases.Near($"{what} pairs", r.PairLosses, t.Row("out.per_pair_loss", i), fp64);
            r.Loss.backward();
            LossCases.Near($"{what} chosen gradient", chosen.Gradient(), t.Row("out.grad_chosen_logps", i), grad);
            LossCases.Near($"{what} rejected gradient", rejected.Gradient(), t.Row("out.grad_rejected_logps", i), grad);
            i++;
        }

        foreach (var m in c.Json.GetProperty("metrics").EnumerateArray())
        {
            Tensor Summed(string name) => m.Maybe("ld_alpha") is { } a
                ? SequenceLogProbs.Desensitised(t.Double(name), shifted, a.Number())
                : SequenceLogProbs.Sum(t.Double(name), shifted);
            Metrics("metrics", m.GetProperty("metrics"), Summed("in.policy_token_logps"), Summed("in.ref_token_logps"), m.Number("beta"), t, shifted, fp64);
            if (m.Maybe("ld_alpha") is { } alpha && alpha.Number() == ldAlpha)
            {
                LossCases.Near("ld sums", Summed("in.policy_token_logps").narrow(0, 0, half), t.Doubles("in.ld.policy_chosen_logps"), fp64);
            }
        }
    }

    private static void Metrics(string what, JsonElement expected, Tensor policy, Tensor reference, double beta, FixtureTensors t, Tensor shifted, double tolerance)
    {
        var half = policy.shape[0] / 2;
        var rewards = policy.sub(reference).mul(beta);
        var actual = DpoMetrics.Rewards(rewards.narrow(0, 0, half), rewards.narrow(0, half, half), policy.narrow(0, 0, half), policy.narrow(0, half, half));
        foreach (var (k, v) in DpoMetrics.Tokens(t.Double("in.token_mean_logits"), t.Double("in.token_entropy"), t.Double("in.token_is_top1"), shifted))
        {
            actual[k] = v;
        }

        actual["num_tokens"] = t.Tensor("in.attention_mask").sum().item<long>();
        // TRL keeps the accuracy in float32.
        LossCases.Metrics(what, actual, expected, tolerance, "rewards/accuracies");
        LossCases.Near($"{what} accuracies", actual["rewards/accuracies"], expected.Number("rewards/accuracies"), 1e-7);
    }

    private static void Mixtures(GoldenCase c)
    {
        var t = c.Tensors;
        double fp64 = c.Family.Tolerance("fp64"), grad = c.Family.Tolerance("grad_fp64");
        var mask = t.Tensor("in.completion_mask");
        var i = 0;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var tokens = t.Leaf("in.policy_token_logps");
            var weighting = o.Flag("use_weighting");
            var batch = DpoBatch.From(tokens, t.Double("in.ref_token_logps"), mask, o.Maybe("ld_alpha")?.Number(), weighting ? t.Double("in.token_log_sum_sq_probs") : null);
            var r = DpoLoss.Compute(batch.Inputs, Options(o));
            var what = $"cases[{i}]";
            LossCases.Near($"{what} loss", r.Loss, o.Number("loss"), fp64);
            LossCases.Near($"{what} pairs", r.PairLosses, t.Doubles($"out.per_pair_loss.{i}"), fp64);
            if (weighting)
            {
                LossCases.Near($"{what} weights", batch.Inputs.PairWeights!, o.Numbers("wpo_pair_weights"), fp64);
            }

            r.Loss.backward();
            LossCases.Near($"{what} gradient", tokens.Gradient(), t.Row("out.grad_token_logps", i), grad);
            if (o.Maybe("metrics") is not { } metrics)
            {
                LossCases.Wrong(o.Maybe("trl_raises") is null, $"{what} gives no metrics");
                i++;
                continue;
            }

            Metrics(what, metrics, batch.Policy.detach(), batch.Reference, o.Number("beta"), t, mask.narrow(1, 1, mask.shape[1] - 1), fp64);
            i++;
        }
    }

    private static void Extreme(GoldenCase c)
    {
        double fp64 = c.Family.Tolerance("fp64"), grad = c.Family.Tolerance("grad_fp64");
        var j = c.Json;
        var i = 0;
        foreach (var o in j.GetProperty("cases").EnumerateArray())
        {
            Tensor chosen = j.Leaf("policy_chosen_logps"), rejected = j.Leaf("policy_rejected_logps");
            var inputs = new DpoInputs(chosen, rejected, j.Vector("ref_chosen_logps"), j.Vector("ref_rejected_logps"))
            {
                ChosenLengths = j.Vector("chosen_lengths"), RejectedLengths = j.Vector("rejected_lengths"),
            };
            var r = DpoLoss.Compute(inputs, Options(o));
            var what = $"cases[{i++}] {o.Text("loss_type")} {o.Text("f_divergence_type")}";
            LossCases.Near($"{what} loss", r.Loss, o.Number("loss"), fp64);
            LossCases.Near($"{what} pairs", r.PairLosses, o.Numbers("per_pair_loss"), fp64);
            r.Loss.backward();
            LossCases.Near($"{what} chosen gradient", chosen.Gradient(), o.Numbers("grad_chosen_logps"), grad);
            LossCases.Near($"{what} rejected gradient", rejected.Gradient(), o.Numbers("grad_rejected_logps"), grad);
        }
    }

    private static void StartValues(GoldenCase c)
    {
        var fp64 = c.Family.Tolerance("fp64");
        using var logProbs = torch.tensor(new[] { -12.5, -3.25, -40 }, ScalarType.Float64);
        using var lengths = torch.tensor(new[] { 5.0, 2, 11 }, ScalarType.Float64);
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var inputs = new DpoInputs(logProbs, logProbs, logProbs, logProbs) { ChosenLengths = lengths, RejectedLengths = lengths };
            var r = DpoLoss.Compute(inputs, Options(o));
            LossCases.Near(o.Text("loss_type"), r.Loss, o.Number("loss"), fp64);
            LossCases.Near(o.Text("loss_type"), r.Loss, o.Number("closed_form"), fp64);
            LossCases.Near("rewards", r.ChosenRewards, new double[3], 0);
        }
    }
}
