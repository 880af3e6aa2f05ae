using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>The dialects' losses with ids through the tiny models.</summary>
internal static class DialectsThroughModel
{
    internal static void Check(GoldenCase c)
    {
        var t = c.Tensors;
        using var policy = new ModelCases(c, c.Json.Text("model"));
        using var reference = new ModelCases(c, c.Json.Text("ref_model"));
        Tensor ids = t.Tensor("in.input_ids"), attention = t.Tensor("in.attention_mask"), labels = t.Tensor("in.labels");
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
            var half = ids.shape[0] / 2;
            var b = new Batch(o, logits, tokens, mask, LogProbs.Shifted(logits, LogProbs.Labels(ids, attention)), refTokens, half, policy.Value);
            var loss = o.Text("trainer") switch
            {
                "trl cpo" => b.Cpo(),
                "trl orpo" => b.Orpo(SftLoss.TokenMean(b.Whole.LogProbs.narrow(0, 0, half), b.Whole.Mask.narrow(0, 0, half))),
                "llama_factory orpo" => b.Orpo(SftLoss.RowMean(tokens.narrow(0, 0, half), mask.narrow(0, 0, half))),
                "sft term" => b.SftTerm(),
                "trl ld_dpo" => b.LdDpo(labels, desensitiseReference: true),
                "llama_factory ld_dpo" => b.LdDpo(labels, desensitiseReference: false),
                var other => throw new UnsupportedCaseException(other),
            };
            if (loss is not null)
            {
                LossCases.Near($"{o.Text("trainer")} loss", loss, o.Number("loss"), policy.Value);
                loss.backward();
                policy.Gradients(o.Text("trainer"), o.GetProperty("gradients"));
            }
        }
    }

    private sealed record Batch(
        JsonElement O, Tensor Logits, Tensor Tokens, Tensor Mask, (Tensor LogProbs, Tensor Mask) Whole, Tensor RefTokens, long Half, double Tolerance)
    {
        private Tensor Chosen(Tensor t) => t.narrow(0, 0, Half);

        private Tensor Rejected(Tensor t) => t.narrow(0, Half, Half);

        internal Tensor Cpo()
        {
            var options = F10Dialects.CpoOptionsOf(O);
            var l = options.UsesMeans ? SequenceLogProbs.Mean(Tokens, Mask) : SequenceLogProbs.Sum(Tokens, Mask);
            var nll = SftLoss.TokenMean(Chosen(Tokens), Chosen(Mask));
            var r = CpoLoss.Compute(Chosen(l), Rejected(l), nll, options);
            LossCases.Near("pairs", r.PairLosses, O.Numbers("pair_losses"), Tolerance);
            var reported = options.NllCoefficient == 0 ? torch.zeros_like(nll) : nll;
            LossCases.Near("nll", reported, O.Number("nll_loss"), Tolerance);
            var metrics = DpoMetrics.Rewards(r.ChosenRewards, r.RejectedRewards, Chosen(l), Rejected(l));
            metrics["nll_loss"] = reported.item<double>();
            metrics["logits/chosen"] = LogProbs.MeanLogits(Chosen(Logits)).mean().item<double>();
            metrics["logits/rejected"] = LogProbs.MeanLogits(Rejected(Logits)).mean().item<double>();
            LossCases.Metrics("cpo", metrics, O.GetProperty("metrics"), Tolerance);
            return r.Loss;
        }

        internal Tensor Orpo(Tensor nll)
        {
            var a = SequenceLogProbs.Mean(Tokens, Mask);
            LossCases.Near("mean chosen", Chosen(a), O.Numbers("mean_chosen_logps"), Tolerance);
            LossCases.Near("mean rejected", Rejected(a), O.Numbers("mean_rejected_logps"), Tolerance);
            LossCases.Near("nll", nll, O.Number("nll"), Tolerance);
            var r = OrpoLoss.Compute(Chosen(a), Rejected(a), nll, O.Number("beta"));
            LossCases.Near("log odds", r.LogOdds, O.Numbers("log_odds"), Tolerance);
            return r.Loss;
        }

        internal Tensor? SftTerm()
        {
            foreach (var p in O.EnumerateObject().Where(p => p.Name != "trainer"))
            {
                var actual = p.Name.Split(' ')[0] switch
                {
                    "token_mean_chosen_completion" => SftLoss.TokenMean(Chosen(Tokens), Chosen(Mask)),
                    "mean_of_row_means_chosen_completion" => SftLoss.RowMean(Chosen(Tokens), Chosen(Mask)),
                    "token_mean_prompt_and_chosen" => SftLoss.TokenMean(Chosen(Whole.LogProbs), Chosen(Whole.Mask)),
                    _ => throw new UnsupportedCaseException(p.Name),
                };
                LossCases.Near(p.Name, actual, p.Value.Number(), Tolerance);
            }

            return null;
        }

        internal Tensor LdDpo(Tensor labels, bool desensitiseReference)
        {
            var b = DpoBatch.From(Tokens, RefTokens, labels.ne(LogProbs.IgnoreIndex), O.Number("ld_alpha"), desensitiseReference: desensitiseReference);
            LossCases.Near("policy sums", b.Policy, O.Numbers("policy_logps"), Tolerance);
            LossCases.Near("reference sums", b.Reference, O.Numbers("ref_logps"), Tolerance);
            return DpoLoss.Compute(b.Inputs, new() { Beta = O.Number("beta") }).Loss;
        }
    }
}
