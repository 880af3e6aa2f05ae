using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>ORPO with ids through the tiny models.</summary>
internal static class OrpoThroughModel
{
    internal static void Check(GoldenCase c)
    {
        var t = c.Tensors;
        double tolerance = c.Family.Tolerance("through_model"), beta = c.Json.Number("beta");
        using var policy = new ModelCases(c, c.Json.Text("model"));
        var width = Math.Max(t.Shape("in.chosen_input_ids")[1], t.Shape("in.rejected_input_ids")[1]);
        Tensor Both(string name, long padding) => torch.cat([Padded(t.Tensor($"in.chosen_{name}"), width, padding), Padded(t.Tensor($"in.rejected_{name}"), width, padding)]);
        Tensor ids = Both("input_ids", 0), attention = Both("attention_mask", 0), labels = Both("labels", LogProbs.IgnoreIndex);
        var half = ids.shape[0] / 2;
        var logits = policy.Logits(ids, attention);
        var (tokens, mask) = LogProbs.Shifted(logits, labels);
        LossCases.Near("tokens", tokens, t.Doubles("out.token_logps"), tolerance);
        var a = SequenceLogProbs.Mean(tokens, mask);
        Tensor chosen = a.narrow(0, 0, half), rejected = a.narrow(0, half, half);
        var (whole, wholeMask) = LogProbs.Shifted(logits, LogProbs.Labels(ids, attention));
        var nll = SftLoss.TokenMean(whole.narrow(0, 0, half), wholeMask.narrow(0, 0, half));
        var r = OrpoLoss.Compute(chosen, rejected, nll, beta);
        LossCases.Near("loss", r.Loss, c.Json.Number("loss"), tolerance);
        LossCases.Near("nll", nll, c.Json.Number("nll_loss"), tolerance);
        Expect.Equal("nll tokens", wholeMask.narrow(0, 0, half).sum().item<long>(), c.Json.GetProperty("nll_token_count").GetInt64());
        LossCases.Near("log odds", r.LogOdds, c.Json.Numbers("log_odds"), tolerance);
        LossCases.Near("chosen", chosen, c.Json.Numbers("mean_chosen_logps"), tolerance);
        LossCases.Near("rejected", rejected, c.Json.Numbers("mean_rejected_logps"), tolerance);
        var metrics = OrpoLoss.Metrics(r, chosen, rejected, nll, beta);
        var shifted = LogProbs.MeanLogits(logits.narrow(1, 0, width - 1));
        metrics["logits/chosen"] = shifted.narrow(0, 0, half).mean().item<double>();
        metrics["logits/rejected"] = shifted.narrow(0, half, half).mean().item<double>();
        LossCases.Metrics("metrics", metrics, c.Json.GetProperty("metrics_trl"), tolerance);
        r.Loss.backward();
        policy.Gradients("orpo", c.Json.GetProperty("gradients"), full: true);
    }

    private static Tensor Padded(Tensor t, long width, long value) =>
        torch.cat([t, torch.full([t.shape[0], width - t.shape[1]], value, ScalarType.Int64)], 1);
}
