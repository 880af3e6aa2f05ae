using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F14RewardModel : IGoldenCheck
{
    public string Family => "F14";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "bradley-terry": BradleyTerry(c); break;
            case "soft-labels": SoftLabels(c); break;
            case "ties": Ties(c); break;
            case "plackett-luce": PlackettLuce(c); break;
            case "k-wise": KWise(c); break;
            default: RewardThroughModel.Check(c); break;
        }
    }

    private static void BradleyTerry(GoldenCase c)
    {
        double fp64 = c.Family.Tolerance("fp64"), grad = c.Family.Tolerance("grad_fp64");
        var j = c.Json;
        foreach (var o in j.GetProperty("cases").EnumerateArray())
        {
            Tensor chosen = j.Leaf("scores_chosen"), rejected = j.Leaf("scores_rejected");
            var r = PairwiseRewardLoss.Compute(chosen, rejected, o.Maybe("margins") is null ? null : o.Vector("margins"), o.Maybe("center_rewards_coefficient")?.Number());
            LossCases.Near("pairs", r.PairLosses, o.Numbers("pair_losses"), fp64);
            LossCases.Near("loss", r.Loss, o.Number("loss"), fp64);
            r.Loss.backward();
            LossCases.Near("chosen gradient", chosen.Gradient(), o.Numbers("grad_chosen"), grad);
            LossCases.Near("rejected gradient", rejected.Gradient(), o.Numbers("grad_rejected"), grad);
        }

        var logexp = PairwiseRewardLoss.Compute(j.Vector("scores_chosen"), j.Vector("scores_rejected"));
        LossCases.Near("logexp", logexp.PairLosses, j.GetProperty("logexp").Numbers("pair_losses"), fp64);
        LossCases.Near("logexp", logexp.Loss, j.GetProperty("logexp").Number("loss"), fp64);
        var m = PairwiseRewardLoss.Metrics(j.Vector("scores_chosen"), j.Vector("scores_rejected"));
        LossCases.Near("accuracy", m["accuracy"], j.Number("accuracy"), fp64);
        LossCases.Near("margin", m["margin"], j.Number("mean_margin"), fp64);
    }

    private static void SoftLabels(GoldenCase c)
    {
        var j = c.Json;
        Tensor first = j.Leaf("scores_first"), second = j.Leaf("scores_second");
        Rows(c, j, PairwiseRewardLoss.SoftLabels(first, second, j.Vector("probability_first")), first, second);
    }

    private static void Rows(GoldenCase c, JsonElement o, PairwiseRewardResult r, Tensor first, Tensor second)
    {
        LossCases.Near("rows", r.PairLosses, o.Numbers("row_losses"), c.Family.Tolerance("fp64"));
        LossCases.Near("loss", r.Loss, o.Number("loss"), c.Family.Tolerance("fp64"));
        r.Loss.backward();
        LossCases.Near("first gradient", first.Gradient(), o.Numbers("grad_first"), c.Family.Tolerance("grad_fp64"));
        LossCases.Near("second gradient", second.Gradient(), o.Numbers("grad_second"), c.Family.Tolerance("grad_fp64"));
    }

    private static void Ties(GoldenCase c)
    {
        var j = c.Json;
        foreach (var o in j.GetProperty("cases").EnumerateArray())
        {
            var model = OptionNames.Parse<TieModel>(o.Text("model"));
            Tensor first = j.Leaf("scores_first"), second = j.Leaf("scores_second");
            var parameter = o.Leaf(model == TieModel.RaoKupper ? "eta" : "log_nu").reshape([]).detach().requires_grad_();
            LossCases.Near("log-probs", TiesRewardLoss.LogProbabilities(first, second, parameter, model), o.Numbers("log_probs_win_lose_tie"), c.Family.Tolerance("fp64"));
            var outcomes = torch.tensor(j.Ids("outcomes"), ScalarType.Int64);
            Rows(c, o, TiesRewardLoss.Compute(first, second, outcomes, parameter, model), first, second);
            LossCases.Near("parameter gradient", parameter.Gradient(), o.Numbers("grad_parameter"), c.Family.Tolerance("grad_fp64"));
        }
    }

    private static void PlackettLuce(GoldenCase c)
    {
        double fp64 = c.Family.Tolerance("fp64"), total = 0;
        var i = 0;
        foreach (var o in c.Json.GetProperty("rankings").EnumerateArray())
        {
            var scores = o.Leaf("scores");
            var loss = o.Maybe("buckets") is { } buckets
                ? RankingRewardLoss.PlackettLuceTied(scores, [.. buckets.EnumerateArray().Select(b => b.Numbers().Select(x => (int)x).ToArray())])
                : RankingRewardLoss.PlackettLuce(scores, [.. o.Ids("order").Select(x => (int)x)], (int)o.Number("top"));
            LossCases.Near($"ranking {i}", loss, o.Number("loss"), fp64);
            loss.backward();
            LossCases.Near($"ranking {i++} gradient", scores.Gradient(), o.Numbers("grad_scores"), c.Family.Tolerance("grad_fp64"));
            total += loss.item<double>();
        }

        LossCases.Near("batch", total / i, c.Json.Number("batch_loss"), fp64);
    }

    private static void KWise(GoldenCase c)
    {
        double fp64 = c.Family.Tolerance("fp64"), total = 0;
        var i = 0;
        foreach (var o in c.Json.GetProperty("prompts").EnumerateArray())
        {
            var scores = o.Leaf("scores");
            var (loss, pairs) = RankingRewardLoss.AllPairs(scores, o.Numbers("ranks"));
            Expect.Equal($"prompt {i} pairs", pairs, (int)o.Number("pairs"));
            LossCases.Near($"prompt {i}", loss, o.Number("loss"), fp64);
            loss.backward();
            LossCases.Near($"prompt {i++} gradient", scores.Gradient(), o.Numbers("grad_scores"), c.Family.Tolerance("grad_fp64"));
            total += loss.item<double>();
        }

        LossCases.Near("batch", total / i, c.Json.Number("batch_loss"), fp64);
    }
}
