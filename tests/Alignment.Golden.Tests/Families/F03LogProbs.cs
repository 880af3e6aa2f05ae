using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F03LogProbs : IGoldenCheck
{
    public string Family => "F03";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "random-logits": RandomLogits(c); break;
            case "fused-head": FusedHead(c); break;
            case "top-k-and-row-mask": TopK(c); break;
            case "extremes": Extremes(c); break;
            default: Models(c); break;
        }
    }

    private static void RandomLogits(GoldenCase c)
    {
        var t = c.Tensors;
        double fp64 = c.Family.Tolerance("fp64"), fp32 = c.Family.Tolerance("fp32"), bf16 = c.Family.Tolerance("bf16"), grad = c.Family.Tolerance("grad_fp32");
        var labels = t.Tensor("in.labels");
        foreach (var r in c.Json.GetProperty("results").EnumerateArray())
        {
            var (p, temperature) = (r.Text("prefix"), r.Number("temperature"));
            var logits = t.Leaf("in.logits");
            var (logProbs, mask) = LogProbs.Shifted(logits, labels, temperature);
            LossCases.Near($"{p} log_probs", logProbs, t.Doubles($"{p}.log_probs"), fp64);
            var shifted = logits.narrow(1, 0, logits.shape[1] - 1);
            var entropy = Kept(LogProbs.Entropy(shifted, temperature), mask);
            LossCases.Near($"{p} entropy", entropy, t.Doubles($"{p}.entropy"), fp64);
            LossCases.Near($"{p} log_sum_sq_probs", Kept(LogProbs.LogSumSquaredProbs(shifted, temperature), mask), t.Doubles($"{p}.log_sum_sq_probs"), fp64);
            var scaled = shifted.div(temperature);
            LossCases.Near($"{p} logsumexp", Kept(scaled.logsumexp(-1), mask), t.Doubles($"{p}.logsumexp"), fp64);
            LossCases.Near($"{p} mean_logits", Kept(LogProbs.MeanLogits(shifted, temperature), mask), t.Doubles($"{p}.mean_logits"), fp64);
            LossCases.Near($"{p} is_top1", Kept(LogProbs.IsTop1(shifted, LogProbs.ShiftedTargets(labels).Targets).to_type(ScalarType.Float64), mask), t.Doubles($"{p}.is_top1"), 0);
            LossCases.Near($"{p} sums", SequenceLogProbs.Sum(logProbs, mask), r.Numbers("sequence_sums"), fp64);
            LossCases.Near($"{p} means", SequenceLogProbs.Mean(logProbs, mask), r.Numbers("sequence_means"), fp64);
            Expect.Equal<long>($"{p} counts", mask.sum(1).data<long>().ToArray(), r.Ids("token_counts"));
            LossCases.Near($"{p} mean entropy", Masked.Mean(entropy, mask), r.Number("mean_entropy_over_all_tokens"), fp64);
            var nll = temperature == 1 ? SftLoss.Compute(logits, labels).Loss : SftLoss.TokenMean(logProbs, mask);
            LossCases.Near($"{p} nll", nll, r.Number("mean_nll_over_all_tokens"), fp64);

            var single = t.Tensor("in.logits").to_type(ScalarType.Float32);
            LossCases.Near($"{p} fp32", LogProbs.Shifted(single, labels, temperature).LogProbs, t.Doubles($"{p}.log_probs.fp32"), fp32);
            LossCases.Near($"{p} fp32 entropy", Kept(LogProbs.Entropy(single.narrow(1, 0, single.shape[1] - 1), temperature), mask), t.Doubles($"{p}.entropy.fp32"), fp32);
            LossCases.Near($"{p} bf16", LogProbs.Shifted(single.to_type(ScalarType.BFloat16), labels, temperature).LogProbs, t.Doubles($"{p}.log_probs.bf16"), bf16);

            logProbs.sum().backward(retain_graph: true);
            LossCases.Near($"{p} gradient of log-probs", logits.Gradient(), t.Doubles($"{p}.grad_logits_of_sum_of_log_probs"), grad);
            logits.grad = null;
            Masked.Mean(entropy, mask).backward();
            LossCases.Near($"{p} gradient of entropy", logits.Gradient(), t.Doubles($"{p}.grad_logits_of_mean_entropy"), grad);
        }
    }

    private static void FusedHead(GoldenCase c)
    {
        var t = c.Tensors;
        double fp64 = c.Family.Tolerance("fp64"), fp32 = c.Family.Tolerance("fp32"), grad = c.Family.Tolerance("grad_fp32");
        foreach (var r in c.Json.GetProperty("results").EnumerateArray())
        {
            var p = r.Text("prefix");

            // Ours walks rows; a few rows at a time makes several chunks of this small input.
            var options = new HeadOptions(r.Number("temperature"), r.Maybe("softcap")?.Number(), r.Number("logit_scale"), 3 * t.Shape("in.weight")[0]);
            var hidden = t.Leaf("in.hidden");
            var weight = t.Leaf("in.weight");
            var bias = r.Flag("bias") ? t.Leaf("in.bias") : null;
            var s = HeadLogProbs.Compute(hidden, weight, bias, t.Tensor("in.targets"), options);
            LossCases.Near($"{p} log_probs", s.LogProbs, t.Doubles($"{p}.log_probs"), fp64);
            LossCases.Near($"{p} entropy", s.Entropy, t.Doubles($"{p}.entropy"), fp64);
            LossCases.Near($"{p} log_sum_sq_probs", s.LogSumSquaredProbs, t.Doubles($"{p}.log_sum_sq_probs"), fp64);
            LossCases.Near($"{p} mean_logits", s.MeanLogits, t.Doubles($"{p}.mean_logits"), fp64);
            LossCases.Near($"{p} is_top1", s.IsTop1, t.Doubles($"{p}.is_top1"), 0);
            var scalar = s.LogProbs.mul(t.Double("in.upstream_log_probs")).sum().add(s.Entropy.mul(t.Double("in.upstream_entropy")).sum());
            LossCases.Near($"{p} scalar", scalar, r.Number("scalar"), fp64);
            scalar.backward();
            LossCases.Near($"{p} grad_hidden", hidden.Gradient(), t.Doubles($"{p}.grad_hidden"), fp64);
            LossCases.Near($"{p} grad_weight", weight.Gradient(), t.Doubles($"{p}.grad_weight"), grad);
            if (bias is not null)
            {
                LossCases.Near($"{p} grad_bias", bias.Gradient(), t.Doubles($"{p}.grad_bias"), fp64);
            }

            var single = HeadLogProbs.Compute(t.Tensor("in.hidden"), t.Tensor("in.weight"), bias is null ? null : t.Tensor("in.bias"), t.Tensor("in.targets"), options);
            LossCases.Near($"{p} fp32 log_probs", single.LogProbs, t.Doubles($"{p}.log_probs.fp32"), fp32);
            LossCases.Near($"{p} fp32 entropy", single.Entropy, t.Doubles($"{p}.entropy.fp32"), fp32);
        }
    }

    private static void TopK(GoldenCase c)
    {
        var t = c.Tensors;
        var fp32 = c.Family.Tolerance("fp32");
        var index = t.Tensor("in.index");
        LossCases.Near("log_probs_k", LogProbs.SelectiveMany(t.Tensor("in.logits"), index), t.Doubles("out.log_probs_k"), fp32);
        var first = LogProbs.Selective(t.Tensor("in.logits"), index.select(-1, 0));
        LossCases.Near("masked", Kept(first, t.Tensor("in.row_mask")), t.Doubles("out.log_probs_masked_first_index"), fp32);
    }

    private static void Extremes(GoldenCase c)
    {
        var rows = c.Json.GetProperty("logits").EnumerateArray().Select(r => torch.tensor(r.Numbers(), ScalarType.Float64)).ToArray();
        var logits = torch.stack(rows);
        var targets = torch.tensor(c.Json.Ids("targets"), ScalarType.Int64);
        var fp64 = c.Family.Tolerance("fp64");
        LossCases.Near("log_probs", LogProbs.Selective(logits, targets), c.Json.Numbers("log_probs"), fp64);
        LossCases.Near("logsumexp", logits.logsumexp(-1), c.Json.Numbers("logsumexp"), fp64);
        LossCases.Near("entropy", LogProbs.Entropy(logits), c.Json.Numbers("entropy"), fp64);
        LossCases.Near("is_top1", LogProbs.IsTop1(logits, targets).to_type(ScalarType.Float64), c.Json.Numbers("is_top1"), 0);
    }

    private static void Models(GoldenCase c)
    {
        var t = c.Tensors;
        var tolerance = c.Family.Tolerance("through_model");
        foreach (var m in c.Json.GetProperty("models").EnumerateArray())
        {
            using var noGrad = torch.no_grad();
            var p = m.Text("prefix");
            using var model = new ModelCases(c, m.Text("model"));
            var labels = t.Tensor($"in.{p}labels");
            var logits = model.Logits(t.Tensor($"in.{p}input_ids"), t.Tensor($"in.{p}attention_mask"));
            var (logProbs, mask) = LogProbs.Shifted(logits, labels);
            var shifted = logits.narrow(1, 0, logits.shape[1] - 1);
            void Compare(string name, Tensor actual) => LossCases.Near(p + name, Kept(actual, mask), t.Doubles($"out.{p}{name}"), tolerance);
            Compare("log_probs", logProbs);
            Compare("entropy", LogProbs.Entropy(shifted));
            Compare("log_sum_sq_probs", LogProbs.LogSumSquaredProbs(shifted));
            Compare("mean_logits", LogProbs.MeanLogits(shifted));
            Compare("is_top1", LogProbs.IsTop1(shifted, LogProbs.ShiftedTargets(labels).Targets).to_type(ScalarType.Float64));
            LossCases.Near($"{p} fp32", logProbs, t.Doubles($"out.{p}log_probs.fp32"), tolerance);
            LossCases.Near($"{p} sums", SequenceLogProbs.Sum(logProbs, mask), m.Numbers("sequence_sums"), tolerance);
            LossCases.Near($"{p} means", SequenceLogProbs.Mean(logProbs, mask), m.Numbers("sequence_means"), tolerance);
            LossCases.Near($"{p} nll", SftLoss.Compute(logits, labels).Loss, m.Number("nll_mean"), tolerance);
            Expect.Equal($"{p} tokens", mask.sum().item<long>(), m.GetProperty("token_count").GetInt64());
        }
    }

    private static Tensor Kept(Tensor values, Tensor mask) => values.masked_fill(mask.to_type(ScalarType.Bool).logical_not(), 0);
}
