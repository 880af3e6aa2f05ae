using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F13Orpo : IGoldenCheck
{
    public string Family => "F13";

    public void Check(GoldenCase c)
    {
        if (c.Json.TryGetProperty("model", out _))
        {
            OrpoThroughModel.Check(c);
            return;
        }

        double fp64 = c.Family.Tolerance("fp64"), fp32 = c.Family.Tolerance("fp32"), grad = c.Family.Tolerance("grad_fp64");
        LossCases.Near("log1mexp", OrpoLoss.Log1mExp(c.Json.Vector("mean_chosen_logps")), c.Json.Numbers("log1mexp_of_chosen"), fp64);
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var beta = o.Number("beta");
            Tensor chosen = c.Json.Leaf("mean_chosen_logps"), rejected = c.Json.Leaf("mean_rejected_logps"), nll = torch.zeros([], ScalarType.Float64);
            var r = OrpoLoss.Compute(chosen, rejected, nll, beta);
            LossCases.Near("log_odds", r.LogOdds, o.Numbers("log_odds"), fp64);
            LossCases.Near("losses", r.PairLosses, o.Numbers("odds_ratio_losses"), fp64);
            LossCases.Near("mean", r.Loss, o.Number("mean_odds_ratio_loss"), fp64);
            var m = OrpoLoss.Metrics(r, chosen, rejected, nll, beta);
            LossCases.Near("log_odds_ratio", m["log_odds_ratio"], o.Number("log_odds_ratio"), fp64);
            LossCases.Near("log_odds_chosen", m["log_odds_chosen"], o.Number("log_odds_chosen"), fp64);
            LossCases.Near("rewards", m["rewards/chosen"], o.Numbers("rewards_chosen").Average(), fp64);
            LossCases.Near("rewards", m["rewards/rejected"], o.Numbers("rewards_rejected").Average(), fp64);
            r.Loss.backward();
            LossCases.Near("gradient", chosen.Gradient(), o.Numbers("grad_mean_chosen_logps"), grad);
            LossCases.Near("gradient", rejected.Gradient(), o.Numbers("grad_mean_rejected_logps"), grad);

            // In single precision every result stays finite, also where TRL's is not.
            var single = c.Json.Vector("mean_chosen_logps").to_type(ScalarType.Float32).requires_grad_();
            var rows = OrpoLoss.Compute(single, rejected.detach().to_type(ScalarType.Float32), nll.to_type(ScalarType.Float32), beta);
            rows.Loss.backward();
            var trl = o.GetProperty("trl_fp32").Numbers("odds_ratio_losses");
            double[] actual = Expect.Values(rows.PairLosses), inputs = Expect.Values(single);
            for (var i = 0; i < trl.Length; i++)
            {
                LossCases.Wrong(inputs[i] < 0 && !double.IsFinite(actual[i]), $"fp32 loss {i} is {actual[i]}");
                if (double.IsFinite(trl[i]) && Math.Abs(inputs[i]) > 1e-4)
                {
                    LossCases.Near($"fp32 loss {i}", actual[i], trl[i], fp32);
                }
            }
        }
    }
}
