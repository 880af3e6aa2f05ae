using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>Cases that put ids through the tiny models.</summary>
internal static class DpoThroughModel
{
    internal static void Check(GoldenCase c)
    {
        var t = c.Tensors;
        using var policy = new ModelCases(c, c.Json.Text("model"));
        using var reference = new ModelCases(c, c.Json.Text("ref_model"));
        Tensor ids = t.Tensor("in.input_ids"), attention = t.Tensor("in.attention_mask"), completion = t.Tensor("in.completion_mask");
        var labels = LogProbs.Labels(ids, completion);
        Tensor refTokens;
        using (torch.no_grad())
        {
            refTokens = reference.Scored(ids, attention, labels).LogProbs;
        }

        LossCases.Near("reference", refTokens, t.Doubles("out.ref_token_logps"), policy.Value);
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            using var scope = torch.NewDisposeScope();
            policy.ZeroGradients();
            var logits = policy.Logits(ids, attention);
            var (tokens, mask) = LogProbs.Shifted(logits, labels);
            LossCases.Near("policy", tokens, t.Doubles("out.policy_token_logps"), policy.Value);
            var shifted = logits.narrow(1, 0, logits.shape[1] - 1);
            var weighting = o.Flag("use_weighting");
            var batch = DpoBatch.From(tokens, refTokens, completion, o.Maybe("ld_alpha")?.Number(), weighting ? LogProbs.LogSumSquaredProbs(shifted) : null);
            var r = DpoLoss.Compute(batch.Inputs, F09DpoLosses.Options(o));
            var what = $"case {o.GetProperty("index")} {o.GetProperty("loss_type")}";
            LossCases.Near($"{what} loss", r.Loss, o.Number("loss"), policy.Value);
            LossCases.Near($"{what} pairs", r.PairLosses, o.Numbers("per_pair_loss"), policy.Value);
            Sequences(what, batch.Inputs, o, policy.Value);
            if (weighting && o.Maybe("wpo_pair_weights") is { } w)
            {
                LossCases.Near($"{what} weights", batch.Inputs.PairWeights!, w.Numbers(), policy.Value);
            }

            if (o.Maybe("metrics") is { } metrics)
            {
                Metrics(what, r, batch, logits, labels, mask, attention, metrics, policy.Value);
                LossCases.Near($"{what} entropy", LogProbs.Entropy(shifted).masked_fill(mask.logical_not(), 0), t.Doubles("out.policy_token_entropy"), policy.Value);
            }

            r.Loss.backward();
            policy.Gradients(what, o.GetProperty("gradients"), o.Flag("full_gradients"));
        }
    }

    private static void Sequences(string what, DpoInputs inputs, JsonElement o, double tolerance)
    {
        LossCases.Near($"{what} policy chosen", inputs.PolicyChosen, o.Numbers("policy_chosen_logps"), tolerance);
        LossCases.Near($"{what} policy rejected", inputs.PolicyRejected, o.Numbers("policy_rejected_logps"), tolerance);
        LossCases.Near($"{what} reference chosen", inputs.ReferenceChosen, o.Numbers("ref_chosen_logps"), tolerance);
        LossCases.Near($"{what} reference rejected", inputs.ReferenceRejected, o.Numbers("ref_rejected_logps"), tolerance);
    }

    private static void Metrics(string what, DpoResult r, DpoBatch batch, Tensor logits, Tensor labels, Tensor mask, Tensor attention, JsonElement expected, double tolerance)
    {
        var shifted = logits.narrow(1, 0, logits.shape[1] - 1);
        var actual = DpoMetrics.Rewards(r.ChosenRewards, r.RejectedRewards, batch.Inputs.PolicyChosen, batch.Inputs.PolicyRejected);
        var top = LogProbs.IsTop1(shifted, LogProbs.ShiftedTargets(labels).Targets);
        foreach (var (k, v) in DpoMetrics.Tokens(LogProbs.MeanLogits(shifted), LogProbs.Entropy(shifted), top, mask))
        {
            actual[k] = v;
        }

        actual["num_tokens"] = attention.sum().item<long>();
        LossCases.Metrics(what, actual, expected, tolerance);
    }
}
