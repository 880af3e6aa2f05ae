using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>BCO with ids through the tiny models.</summary>
internal static class BcoThroughModel
{
    internal static void Check(GoldenCase c)
    {
        var t = c.Tensors;
        var (tolerance, beta) = (c.Family.Tolerance("through_model"), c.Json.Number("beta"));
        using var policy = new ModelCases(c, c.Json.Text("model"));
        using var reference = new ModelCases(c, c.Json.Text("ref_model"));
        var moments = new RunningMoments();
        foreach (var o in c.Json.GetProperty("steps").EnumerateArray())
        {
            var i = o.GetProperty("tensor_prefix").GetInt32();
            Tensor ids = t.Tensor($"in.{i}.completion_input_ids"), attention = t.Tensor($"in.{i}.completion_attention_mask"), labels = t.Tensor($"in.{i}.completion_labels");
            policy.ZeroGradients();
            var logits = policy.Logits(ids, attention);
            var (tokens, mask) = LogProbs.Shifted(logits, labels);
            Tensor refTokens;
            using (torch.no_grad())
            {
                refTokens = reference.Scored(ids, attention, labels).LogProbs;
            }

            LossCases.Near($"{i} policy", tokens, t.Doubles($"out.{i}.policy_token_logps"), tolerance);
            LossCases.Near($"{i} reference", refTokens, t.Doubles($"out.{i}.ref_token_logps"), tolerance);
            var (s, refS) = (SequenceLogProbs.Sum(tokens, mask), SequenceLogProbs.Sum(refTokens, mask));
            LossCases.Near($"{i} policy", s, o.Numbers("policy_logps"), tolerance);
            LossCases.Near($"{i} reference", refS, o.Numbers("ref_logps"), tolerance);
            moments = moments.Add(BcoLoss.Rewards(s, refS, beta));
            LossCases.Near($"{i} delta", moments.Mean, o.Number("delta"), tolerance);
            F12Bco.State($"{i}", moments, o.GetProperty("state_after"), tolerance);
            var good = o.GetProperty("rows").EnumerateArray().Select(r => r.Flag("label")).ToArray();
            var r = BcoLoss.Compute(s, refS, torch.tensor(good), moments.Mean, beta);
            LossCases.Near($"{i} loss", r.Loss, o.Number("loss"), tolerance);
            LossCases.Near($"{i} rewards", r.Rewards, o.Numbers("rewards"), tolerance);
            LossCases.Near($"{i} rows", r.RowLosses, o.Numbers("row_losses_in_row_order"), tolerance);
            Metrics(i, o.GetProperty("metrics_trl"), good, logits, s, r, moments, tolerance);
            r.Loss.backward();
            policy.Gradients($"{i}", o.GetProperty("gradients"));
        }
    }

    /// <summary>TRL logs sums and counts of each label's rows.</summary>
    private static void Metrics(int i, System.Text.Json.JsonElement expected, bool[] good, Tensor logits, Tensor policy, BcoResult r, RunningMoments moments, double tolerance)
    {
        double[] s = Expect.Values(policy), rewards = Expect.Values(r.Rewards);
        var z = Expect.Values(logits.sum([1L, 2L]));
        var actual = new Dictionary<string, double> { ["delta"] = moments.Mean };
        foreach (var (name, label) in new[] { ("chosen", true), ("rejected", false) })
        {
            var rows = Enumerable.Range(0, good.Length).Where(k => good[k] == label).ToList();
            actual[$"count/{name}"] = rows.Count;
            actual[$"logits/{name}_sum"] = rows.Sum(k => z[k]);
            actual[$"logps/{name}_sum"] = rows.Sum(k => s[k]);
            actual[$"rewards/{name}_sum"] = rows.Sum(k => rewards[k]);
        }

        LossCases.Metrics($"{i}", actual, expected, tolerance);
    }
}
