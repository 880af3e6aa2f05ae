using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>KTO with ids through the tiny models.</summary>
internal static class KtoThroughModel
{
    internal static void Check(GoldenCase c)
    {
        var t = c.Tensors;
        var tolerance = c.Family.Tolerance("through_model");
        var desirable = t.Tensor("in.label").to_type(ScalarType.Bool);
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            using var scope = torch.NewDisposeScope();
            using var policy = new ModelCases(c, o.Text("policy_folder"));
            using var reference = new ModelCases(c, o.Text("reference_folder"));
            var (ids, attention) = (t.Tensor("in.input_ids"), t.Tensor("in.attention_mask"));
            var labels = LogProbs.Labels(ids, t.Tensor("in.completion_mask"));
            var (klIds, klAttention) = (t.Tensor("in.KL_input_ids"), t.Tensor("in.KL_attention_mask"));
            var klLabels = LogProbs.Labels(klIds, t.Tensor("in.KL_completion_mask"));
            var logits = policy.Logits(ids, attention);
            var (tokens, mask) = LogProbs.Shifted(logits, labels);
            Tensor refTokens, policyKl, refKl;
            using (torch.no_grad())
            {
                refTokens = reference.Scored(ids, attention, labels).LogProbs;
                policyKl = Sum(policy.Scored(klIds, klAttention, klLabels));
                refKl = Sum(reference.Scored(klIds, klAttention, klLabels));
            }

            var p = $"out.{o.Text("direction")}.";
            LossCases.Near($"{p} policy", tokens, t.Doubles(p + "policy_token_logps"), tolerance);
            LossCases.Near($"{p} reference", refTokens, t.Doubles(p + "ref_token_logps"), tolerance);
            var (s, refS) = (SequenceLogProbs.Sum(tokens, mask), SequenceLogProbs.Sum(refTokens, mask));
            LossCases.Near($"{p} policy", s, o.Numbers("policy_logps"), tolerance);
            LossCases.Near($"{p} reference", refS, o.Numbers("ref_logps"), tolerance);
            if (o.Maybe("policy_kl_logps") is { } kl)
            {
                LossCases.Near($"{p} policy kl", policyKl, kl.Numbers(), tolerance);
                LossCases.Near($"{p} reference kl", refKl, o.Numbers("ref_kl_logps"), tolerance);
            }

            var r = KtoLoss.Compute(s, refS, desirable, policyKl, refKl, F11Kto.Options(o));
            LossCases.Near($"{p} loss", r.Loss, o.Number("loss"), tolerance);
            LossCases.Near($"{p} z0", r.Kl, o.Number("z0"), tolerance);
            LossCases.Near($"{p} rows", r.RowLosses, o.Numbers("row_losses"), tolerance);
            var shifted = logits.narrow(1, 0, logits.shape[1] - 1);
            var metrics = KtoLoss.Metrics(r, s, desirable);
            foreach (var (k, v) in KtoLoss.TokenMetrics(LogProbs.MeanLogits(shifted), LogProbs.Entropy(shifted), mask, desirable))
            {
                metrics[k] = v;
            }

            metrics["num_tokens"] = attention.sum().item<long>();
            LossCases.Metrics(p, metrics, o.GetProperty("metrics"), tolerance);
            r.Loss.backward();
            policy.Gradients(p, o.GetProperty("gradients"));
        }
    }

    private static Tensor Sum((Tensor LogProbs, Tensor Mask) scored) => SequenceLogProbs.Sum(scored.LogProbs, scored.Mask);
}
