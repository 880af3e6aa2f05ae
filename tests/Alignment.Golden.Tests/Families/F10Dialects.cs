using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F10Dialects : IGoldenCheck
{
    public string Family => "F10";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "cdpo-ipo-divergences": Divergences(c); break;
            case "cpo-simpo-alphapo": Cpo(c); break;
            case "bco-pair-running": BcoPairRunning(c); break;
            default: DialectsThroughModel.Check(c); break;
        }
    }

    internal static CpoOptions CpoOptionsOf(JsonElement o) => new(
        OptionNames.Parse<CpoLossType>(o.Text("loss_type")), o.Number("beta"), o.Number("label_smoothing", 0), o.Number("simpo_gamma", 0), o.Number("alpha", 0), o.Number("cpo_alpha", 0));

    private static DpoOptions OptionsOf(JsonElement o)
    {
        var dialect = o.Text("dialect");
        var options = new DpoOptions { Beta = o.Number("beta"), LabelSmoothing = o.Number("label_smoothing", 0), AlphaCoefficient = o.Number("alpha_divergence_coef", 1) };
        DpoOptions With(DpoLossType type, FDivergence f = FDivergence.ReverseKl) => options with { Terms = [new(type)], Divergence = f };
        return o.Text("name") switch
        {
            "cdpo" => With(DpoLossType.Cdpo),
            "ipo" when dialect.StartsWith("sum", StringComparison.Ordinal) => With(DpoLossType.IpoSum),
            "ipo" when dialect.StartsWith("mean_of_scores", StringComparison.Ordinal) => With(DpoLossType.Ipo),
            "old_divergence" when dialect.Contains("alpha_divergence", StringComparison.Ordinal) => With(DpoLossType.Sigmoid, FDivergence.LegacyAlphaDivergence),
            "old_divergence" when dialect.Contains("js_divergence", StringComparison.Ordinal) => With(DpoLossType.Sigmoid, FDivergence.LegacyJsDivergence),
            var name => throw new UnsupportedCaseException($"{name} {dialect}"),
        };
    }

    private static void Divergences(GoldenCase c)
    {
        var j = c.Json;
        var i = 0;
        foreach (var o in j.GetProperty("cases").EnumerateArray())
        {
            Tensor chosen = j.Leaf("policy_chosen_logps"), rejected = j.Leaf("policy_rejected_logps");
            var inputs = new DpoInputs(chosen, rejected, j.Vector("ref_chosen_logps"), j.Vector("ref_rejected_logps"))
            {
                ChosenLengths = j.Vector("chosen_lengths"), RejectedLengths = j.Vector("rejected_lengths"),
            };
            var r = DpoLoss.Compute(inputs, OptionsOf(o));
            Row(c, i++, o, r.Loss, r.PairLosses, chosen, rejected, "_logps");
        }
    }

    private static void Cpo(GoldenCase c)
    {
        var i = 0;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var inputs = c.Json.GetProperty(o.Text("log_probs_are"));
            var options = CpoOptionsOf(o);
            LossCases.Wrong(options.UsesMeans != (o.Text("log_probs_are") == "means"), "sums or means");
            Tensor chosen = inputs.Leaf("policy_chosen_logps"), rejected = inputs.Leaf("policy_rejected_logps");
            var r = CpoLoss.Compute(chosen, rejected, null, options);
            LossCases.Near($"cases[{i}] rewards", r.ChosenRewards, o.Numbers("rewards_chosen"), c.Family.Tolerance("fp64"));
            LossCases.Near($"cases[{i}] rewards", r.RejectedRewards, o.Numbers("rewards_rejected"), c.Family.Tolerance("fp64"));
            Row(c, i++, o, r.Loss, r.PairLosses, chosen, rejected, "");
        }
    }

    private static void Row(GoldenCase c, int i, JsonElement o, Tensor loss, Tensor rows, Tensor chosen, Tensor rejected, string suffix)
    {
        double fp64 = c.Family.Tolerance("fp64"), grad = c.Family.Tolerance("grad_fp64");
        LossCases.Near($"cases[{i}] loss", loss, o.Number("loss"), fp64);
        LossCases.Near($"cases[{i}] rows", rows, c.Tensors.Row("out.row_losses", i), fp64);
        loss.backward();
        LossCases.Near($"cases[{i}] chosen gradient", chosen.Gradient(), c.Tensors.Row($"out.grad_chosen{suffix}", i), grad);
        LossCases.Near($"cases[{i}] rejected gradient", rejected.Gradient(), c.Tensors.Row($"out.grad_rejected{suffix}", i), grad);
    }

    private static void BcoPairRunning(GoldenCase c)
    {
        double fp64 = c.Family.Tolerance("fp64"), grad = c.Family.Tolerance("grad_fp64"), beta = c.Json.Number("beta");
        var running = new BatchMean();
        foreach (var b in c.Json.GetProperty("batches").EnumerateArray())
        {
            Tensor chosen = b.Leaf("policy_chosen_logps"), rejected = b.Leaf("policy_rejected_logps");
            Tensor refChosen = b.Vector("ref_chosen_logps"), refRejected = b.Vector("ref_rejected_logps");
            var mean = cat([BcoLoss.Rewards(chosen, refChosen, beta), BcoLoss.Rewards(rejected, refRejected, beta)]).mean().item<double>();
            LossCases.Near("batch mean", mean, b.Number("batch_mean_reward"), fp64);
            running = running.Add(mean);
            LossCases.Near("delta", running.Mean, b.Number("delta"), fp64);
            var r = DpoLoss.Compute(new(chosen, rejected, refChosen, refRejected), new() { Terms = [new(DpoLossType.BcoPair)], Beta = beta, BcoDelta = running.Mean });
            LossCases.Near("loss", r.Loss, b.Number("loss"), fp64);
            LossCases.Near("pairs", r.PairLosses, b.Numbers("pair_losses"), fp64);
            r.Loss.backward();
            LossCases.Near("chosen gradient", chosen.Gradient(), b.Numbers("grad_chosen_logps"), grad);
            LossCases.Near("rejected gradient", rejected.Gradient(), b.Numbers("grad_rejected_logps"), grad);
        }
    }
}
