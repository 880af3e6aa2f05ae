using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F01: logits, hidden states, cache contents, log-probabilities and classification heads in fp32 and fp64.</summary>
internal sealed class F01Forward : IGoldenCheck
{
    public string Family => "F01";

    public void Check(GoldenCase c)
    {
        using var none = torch.no_grad();
        if (c.Json.TryGetProperty("cases", out var pooled))
        {
            CheckPooling(pooled);
            return;
        }

        foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            using var scope = torch.NewDisposeScope();
            var folder = c.ModelFolder(c.Json.GetProperty("model").GetString()!);
            if (c.Json.TryGetProperty("num_labels", out _))
            {
                new HeadCase(c, folder, dtype).Check();
            }
            else
            {
                new LanguageCase(c, folder, dtype).Check();
            }
        }
    }

    private static void CheckPooling(JsonElement cases)
    {
        foreach (var row in cases.EnumerateArray())
        {
            var ids = torch.tensor(row.GetProperty("input_ids").EnumerateArray().Select(v => v.GetInt64()).ToArray()).unsqueeze(0);
            Expect.Equal("pooled position", ScoringModel.PooledPositions(ids, row.GetProperty("pad_token_id").GetInt32()).item<long>(), row.GetProperty("pooled_position").GetInt64());
        }
    }

    /// <summary>Sequence and token heads.</summary>
    private sealed class HeadCase(GoldenCase c, string folder, ScalarType dtype)
    {
        private readonly bool wide = dtype == ScalarType.Float64;
        private readonly double tolerance = c.Family.Tolerance(dtype == ScalarType.Float64 ? "fp64_abs" : "fp32_abs");

        public void Check()
        {
            using var model = Load();
            var (ids, mask, positions) = (c.Tensors.Tensor("in.input_ids"), c.Tensors.Tensor("in.attention_mask"), c.Tensors.Tensor("in.position_ids"));
            var output = c.Json.GetProperty("out");
            var all = model.AllScores(ids, mask, positions);
            if (c.Tensors.Has("in.target"))
            {
                CheckSequence(model, ids, mask, positions, all, output);
            }
            else
            {
                Compare("logits", "out.logits", Real(all, mask));
                var loss = nn.functional.cross_entropy(all.view(-1, all.shape[2]), c.Tensors.Tensor("in.labels").view(-1), ignore_index: -100);
                CheckLoss(loss, output);
            }
        }

        private ScoringModel Load()
        {
            var loaded = CheckpointReader.LoadScoring(folder, dtype);
            return loaded;
        }

        private void CheckSequence(ScoringModel model, Tensor ids, Tensor mask, Tensor positions, Tensor all, JsonElement output)
        {
            Compare("all_scores", "out.all_scores", Real(all, mask));
            var pad = c.Json.GetProperty("pad_token_id").GetInt32();
            var pooled = ScoringModel.PooledPositions(ids, pad);
            Expect.Equal<long>("pooled positions", pooled.data<long>().ToArray(), output.GetProperty("pooled_positions").EnumerateArray().Select(v => v.GetInt64()).ToArray());
            var scores = pad == model.Config.PadTokenId ? model.Forward(ids, mask, positions) : ScoringModel.Pool(all, pooled);
            var expected = output.GetProperty(wide ? "scores_fp64" : "scores").EnumerateArray().SelectMany(r => r.EnumerateArray()).Select(v => v.GetDouble()).ToArray();
            Expect.Close("scores", Expect.Values(scores), expected, tolerance);
            var kind = c.Json.GetProperty("loss_kind").GetString()!;
            var target = c.Tensors.Tensor("in.target");
            CheckLoss(kind switch
            {
                _ when kind.StartsWith("mean squared error", StringComparison.Ordinal) => nn.functional.mse_loss(scores.squeeze(-1), target.to_type(dtype).view(scores.squeeze(-1).shape)),
                _ when kind.Contains("binary", StringComparison.OrdinalIgnoreCase) => nn.functional.binary_cross_entropy_with_logits(scores, target.to_type(dtype)),
                _ when kind.Contains("cross", StringComparison.OrdinalIgnoreCase) => nn.functional.cross_entropy(scores, target.to_type(ScalarType.Int64)),
                _ => throw new UnsupportedCaseException($"loss_kind {kind}"),
            }, output);
        }

        private void CheckLoss(Tensor loss, JsonElement output) =>
            Expect.Close("loss", Expect.Values(loss)[0], output.GetProperty(wide ? "loss_fp64" : "loss").GetDouble(), wide ? tolerance : c.Family.Tolerance("fp32_loss_abs"));

        private void Compare(string what, string name, Tensor actual) => Expect.Close(what, actual, c.Tensors, wide ? name + "_fp64" : name, tolerance);
    }

    /// <summary>Causal models.</summary>
    private sealed class LanguageCase(GoldenCase c, string folder, ScalarType dtype)
    {
        private readonly bool wide = dtype == ScalarType.Float64;
        private readonly double tolerance = c.Family.Tolerance(dtype == ScalarType.Float64 ? "fp64_abs" : "fp32_abs");

        public void Check()
        {
            using var model = CheckpointReader.LoadCausal(folder, dtype);
            var (ids, mask, positions) = (c.Tensors.Tensor("in.input_ids"), c.Tensors.Tensor("in.attention_mask"), c.Tensors.Tensor("in.position_ids"));
            using var cache = new KeyValueCache(model.Config, ids.shape[0], ids.shape[1], dtype);
            var logits = model.Forward(ids, mask, positions, cache);
            var uncached = model.Forward(ids, mask, positions);
            Expect.Close("cached and uncached logits", Expect.Values(Real(logits, mask)), Expect.Values(Real(uncached, mask)), wide ? 1e-12 : 1e-5);
            var last = c.Json.TryGetProperty("last_positions", out var p)
                ? torch.tensor(p.EnumerateArray().Select(v => v.GetInt64()).ToArray())
                : torch.full([ids.shape[0]], ids.shape[1] - 1, ScalarType.Int64);
            CheckWhole(c, model, logits, mask);
            var lastLogits = ScoringModel.Pool(logits, last);
            CompareIf("out.logits_last", lastLogits, c.Tensors);
            CheckHidden(model, ids, mask, positions, last);
            CheckCache(cache, last);
            CheckRotary(model);
            if (c.Tensors.Has("in.labels"))
            {
                CheckLosses(logits, c.Tensors.Tensor("in.labels"), mask);
            }
        }

        private void CheckWhole(GoldenCase c, CausalModel model, Tensor logits, Tensor mask)
        {
            if (!wide || c.Tensors.Has("out.logits_fp64"))
            {
                CompareIf("out.logits", Real(logits, mask), c.Tensors);
            }

            Expect.Equal("compute dtype", model.DType, dtype);
        }

        private void CheckHidden(CausalModel model, Tensor ids, Tensor mask, Tensor positions, Tensor last)
        {
            var states = model.HiddenStates(ids, mask, positions);
            var stacked = torch.stack(states.Select(s => Real(s, mask)).ToArray());
            if (!wide)
            {
                CompareIf("out.hidden_states", stacked, c.Tensors);
            }
            else if (c.Tensors.Has("out.hidden_last_fp64"))
            {
                Expect.Close("hidden_last_fp64", torch.stack(states.Select(s => ScoringModel.Pool(s, last)).ToArray()), c.Tensors, "out.hidden_last_fp64", tolerance);
            }
        }

        private void CheckCache(KeyValueCache cache, Tensor last)
        {
            if (wide || !c.Tensors.Has("out.key_last"))
            {
                return;
            }

            var layers = (int)c.Tensors.Shape("out.key_last")[0];
            Tensor Last(Tensor all) => all.gather(2, last.view(-1, 1, 1, 1).expand(all.shape[0], all.shape[1], 1, all.shape[3])).squeeze(2);
            Expect.Close("key_last", torch.stack(Enumerable.Range(0, layers).Select(i => Last(cache.Keys(i))).ToArray()), c.Tensors, "out.key_last", tolerance);
            Expect.Close("value_last", torch.stack(Enumerable.Range(0, layers).Select(i => Last(cache.Values(i))).ToArray()), c.Tensors, "out.value_last", tolerance);
        }

        private void CheckRotary(CausalModel model)
        {
            if (!c.Json.TryGetProperty("out", out var output) || !output.TryGetProperty("inv_freq_fp64", out var inverse))
            {
                return;
            }

            var rotary = model.Body.Rotary ?? throw new GoldenMismatchException("The model has no rotary embedding.");
            Expect.Close("inv_freq", rotary.InverseFrequencies.ToArray(), inverse.EnumerateArray().Select(v => v.GetDouble()).ToArray(), 0, c.Family.Tolerance("inv_freq_fp64_rel"));
            Expect.Close("attention_factor", rotary.AttentionFactor, output.GetProperty("attention_factor").GetDouble(), 0, c.Family.Tolerance("inv_freq_fp64_rel"));
        }

        private void CheckLosses(Tensor logits, Tensor labels, Tensor mask)
        {
            var length = logits.shape[1];
            var sums = logits.logsumexp(-1);
            if (wide)
            {
                CompareIf("out.logsumexp", Real(sums.unsqueeze(-1), mask).squeeze(-1), c.Tensors);
            }

            var shifted = labels.narrow(1, 1, length - 1);
            var scored = shifted.ne(-100);
            var picked = logits.narrow(1, 0, length - 1).log_softmax(-1).gather(2, shifted.clamp_min(0).unsqueeze(-1)).squeeze(-1).mul(scored.to_type(dtype));
            var logps = torch.cat([torch.zeros([labels.shape[0], 1], dtype), picked], 1);
            CompareIf("out.label_logps", logps, c.Tensors);
            var output = c.Json.GetProperty("out");
            var total = -Expect.Values(logps).Sum();
            var count = c.Json.GetProperty("label_count").GetInt64();
            Expect.Equal("label_count", scored.sum().item<long>(), count);
            var suffix = wide ? "_fp64" : "";
            var lossTolerance = wide ? tolerance : c.Family.Tolerance("fp32_loss_abs");
            Expect.Close("loss_mean", total / count, output.GetProperty("loss_mean" + suffix).GetDouble(), lossTolerance);
            Expect.Close("loss_num_items", total / c.Json.GetProperty("num_items_in_batch").GetInt64(), output.GetProperty("loss_num_items" + suffix).GetDouble(), lossTolerance);
            if (wide)
            {
                var rows = Expect.Values(logps.sum([1L]));
                Expect.Close("row_label_logps_sum", rows, output.GetProperty("row_label_logps_sum_fp64").EnumerateArray().Select(v => v.GetDouble()).ToArray(), tolerance * length);
            }
        }

        private void CompareIf(string name, Tensor actual, FixtureTensors tensors)
        {
            var stored = wide ? name + "_fp64" : name;
            if (tensors.Has(stored))
            {
                Expect.Close(name, actual, tensors, stored, tolerance);
            }
        }
    }

    /// <summary>Padded positions set to 0, as the files have them. t (B, T, …), mask (B, T).</summary>
    private static Tensor Real(Tensor t, Tensor mask) => t.masked_fill(mask.eq(0).unsqueeze(-1), Scalars.Zero);
}
