using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F17PpoArithmetic : IGoldenCheck
{
    public string Family => "F17";

    public void Check(GoldenCase c)
    {
        if (c.Name == "whitening")
        {
            WhiteningCase(c);
        }
        else if (c.Name.StartsWith("dialect_", StringComparison.Ordinal))
        {
            PpoDialects.Check(c);
        }
        else
        {
            new TrlCase(c).Check();
        }
    }

    private static void WhiteningCase(GoldenCase c)
    {
        var tolerance = c.Family.Tolerance("tensors");
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var i = o.GetProperty("index").GetInt32();
            Tensor values = c.Tensors.Tensor($"in.values{i}"), mask = c.Tensors.Tensor($"in.mask{i}");
            LossCases.Near("mean", Masked.Mean(values, mask), o.Number("masked_mean"), tolerance);
            LossCases.Near("variance", Masked.Variance(values, mask, unbiased: true), o.Number("masked_var_unbiased"), tolerance);
            LossCases.Near("variance", Masked.Variance(values, mask, unbiased: false), o.Number("masked_var_biased"), tolerance);
            foreach (var shift in new[] { true, false })
            {
                // The library shifts masked slots, too, and zeroes them later.
                var name = $"out.whitened{i}.shift_mean_{(shift ? "true" : "false")}";
                var expected = c.Tensors.Tensor(name).mul(mask.to_type(ScalarType.Float64));
                LossCases.Near(name, Whitening.Whiten(values, mask, shiftMean: shift), Expect.Values(expected), tolerance);
            }
        }
    }

    private sealed class TrlCase(GoldenCase c)
    {
        private readonly JsonElement o = c.Json.GetProperty("options");
        private readonly FixtureTensors t = c.Tensors;
        private readonly double tensors = c.Family.Tolerance("tensors");
        private readonly double losses = c.Family.Tolerance("losses");

        public void Check()
        {
            var responses = t.Tensor("in.responses");
            long pad = c.Json.GetProperty("pad_token_id").GetInt64(), eos = c.Json.GetProperty("eos_token_id").GetInt64();
            var processed = o.Maybe("stop_token_id") is { } stop ? ResponseMasks.TruncateRight(responses, stop.GetInt64(), pad).Ids : responses;
            Near("postprocessed_responses", processed);
            var last = ResponseMasks.LastTokenBeforePadding(processed, pad);
            Near("sequence_lengths", last);
            var rows = Expect.Values(processed).Chunk((int)responses.shape[1]).ToArray();
            var scores = torch.tensor(
                [.. t.Doubles("in.scores").Select((s, i) => RewardRules.MissingEos(s, [.. rows[i].Select(x => (int)x)], (int)eos, o.Maybe("missing_eos_penalty")?.Number()))], ScalarType.Float64);
            Near("scores", scores);
            var mask = ResponseMasks.FromLengths(last.add(1), responses.shape[1]);
            var valueMask = PpoRewards.ValueMask(last, responses.shape[1], RewardSlot.AfterLastToken);
            Near("padding_mask", mask.logical_not());
            Near("padding_mask_p1", valueMask.logical_not());
            var logProbs = Filled(LogProbs.Selective(t.Tensor("in.old_logits"), responses), mask, 1);
            var refLogProbs = Filled(LogProbs.Selective(t.Tensor("in.ref_logits"), responses, Temperature), mask, 1);
            var values = Filled(t.Tensor("in.values"), valueMask, 0);
            Near("logprobs", logProbs);
            Near("ref_logprobs", refLogProbs);
            Near("values", values);
            var options = new PpoRewardOptions(
                o.Number("kl_coef"), KlOptions.Parse(o.Text("kl_estimator")), RewardSlot.AfterLastToken, o.Flag("whiten_rewards"), new(o.Number("gamma"), o.Number("lam"), GaeMasking.Plain));
            var a = PpoRewards.Compute(logProbs, refLogProbs, values, scores, last, options);
            Near("kl", a.Kl);
            Near("non_score_reward", a.NonScoreReward);
            Near("rewards", a.Rewards);
            if (t.Has("out.rewards_before_whitening"))
            {
                Near("rewards_before_whitening", a.UnwhitenedRewards);
            }

            Near("advantages", a.Advantages);
            Near("returns", a.Returns);
            Steps(responses, logProbs, values, a, scores, eos);
        }

        private double Temperature => o.Number("temperature") + 1e-7;

        private static Tensor Filled(Tensor values, Tensor mask, double value) => values.masked_fill(mask.logical_not(), value);

        private void Near(string name, Tensor actual) => LossCases.Near(name, actual, t.Doubles("out." + name), tensors);

        private void Steps(Tensor responses, Tensor logProbs, Tensor values, PpoAdvantages a, Tensor scores, long eos)
        {
            var collected = new List<(double Kl, double Clip, double Policy, double Value, double ValueClip, double Entropy, double Ratio)>();
            var i = 0;
            foreach (var step in c.Json.GetProperty("steps").EnumerateArray())
            {
                var p = $"step{i++}.";
                var index = torch.tensor(step.Numbers("rows").Select(x => (long)x).ToArray());
                Tensor Rows(Tensor x) => x.index_select(0, index);
                var newLogits = t.Leaf("in.new_logits");
                var newValues = t.Leaf("in.new_values");
                var unmasked = LogProbs.Selective(newLogits, responses, Temperature);
                unmasked.retain_grad();
                var mask = Rows(a.ResponseMask);
                var current = Filled(Rows(unmasked), mask, 1);
                Near(p + "new_logprobs", current);
                Near(p + "logprobs_diff", current.sub(Rows(logProbs)));
                var policy = PpoPolicyLoss.Compute(current, Rows(logProbs), Rows(a.Advantages), mask, new(o.Number("cliprange"), o.Number("cliprange")));
                Near(p + "ratio", policy.Ratio);
                LossCases.Near(p + "token losses", policy.TokenLosses, Expect.Values(t.Tensor($"out.{p}pg_losses").maximum(t.Tensor($"out.{p}pg_losses2"))), tensors);
                var vpred = Filled(Rows(newValues), Rows(a.ValueMask), 0);
                Near(p + "vpred", vpred);
                var value = ValueLoss.Compute(vpred, Rows(values), Rows(a.Returns), Rows(a.ValueMask), o.Number("cliprange_value"));
                LossCases.Near(p + "value losses", value.TokenLosses, Expect.Values(t.Tensor($"out.{p}vf_losses1").maximum(t.Tensor($"out.{p}vf_losses2"))), tensors);
                var loss = policy.Loss.add(value.Loss.mul(o.Number("vf_coef")));
                LossCases.Near(p + "policy", policy.Loss, step.Number("pg_loss"), losses);
                LossCases.Near(p + "value", value.Loss, step.Number("vf_loss"), losses);
                LossCases.Near(p + "loss", loss, step.Number("loss"), losses);
                LossCases.Near(p + "value clip", value.ClipFraction, step.Number("vf_clipfrac"), c.Family.Tolerance("clip_fractions"));
                loss.backward();
                Gradient(p + "grad_new_logits", newLogits);
                Gradient(p + "grad_new_logprobs", unmasked);
                Gradient(p + "grad_new_values", newValues);
                collected.Add((KlEstimators.Compute(current, Rows(logProbs), new(KlEstimator.K2)).mean().item<double>(), policy.ClipFraction.item<double>(), policy.Loss.item<double>(),
                    value.Loss.item<double>(), value.ClipFraction.item<double>(), LogProbs.Entropy(Rows(newLogits), Temperature).mean().item<double>(), policy.Ratio.mean().item<double>()));
            }

            Metrics(logProbs, a, scores, ResponseMasks.Contains(responses.reshape(-1, 1), eos).sum().item<long>(), collected);
        }

        private void Gradient(string name, Tensor leaf) => LossCases.Near(name, leaf.Gradient(), t.Doubles("out." + name), c.Family.Tolerance("gradients"));

        private void Metrics(
            Tensor logProbs, PpoAdvantages a, Tensor scores, long eosTokens, List<(double Kl, double Clip, double Policy, double Value, double ValueClip, double Entropy, double Ratio)> steps)
        {
            double kl = Masked.RowSums(a.Kl, a.ResponseMask).mean().item<double>(), nonScore = Masked.RowSums(a.NonScoreReward, a.ResponseMask).mean().item<double>();
            var ratios = steps.Select(s => s.Ratio).ToArray();
            var metrics = new Dictionary<string, double>
            {
                ["objective/kl"] = kl,
                ["objective/entropy"] = -Masked.RowSums(logProbs, a.ResponseMask).mean().item<double>(),
                ["objective/non_score_reward"] = nonScore,
                ["objective/scores"] = scores.mean().item<double>(),
                ["objective/rlhf_reward"] = nonScore + scores.mean().item<double>(),
                ["policy/approxkl_avg"] = steps.Average(s => s.Kl),
                ["policy/clipfrac_avg"] = steps.Average(s => s.Clip),
                ["policy/entropy_avg"] = steps.Average(s => s.Entropy),
                ["loss/policy_avg"] = steps.Average(s => s.Policy),
                ["loss/value_avg"] = steps.Average(s => s.Value),
                ["val/clipfrac_avg"] = steps.Average(s => s.ValueClip),
                ["val/ratio"] = ratios.Average(),
                ["val/ratio_var"] = ratios.Length < 2 ? double.NaN : torch.tensor(ratios).var().item<double>(),
                ["val/num_eos_tokens"] = eosTokens,
            };
            LossCases.Metrics("metrics", metrics, c.Json.GetProperty("metrics"), c.Family.Tolerance("clip_fractions"));
        }
    }
}
