using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F21GrpoLosses : IGoldenCheck
{
    public string Family => "F21";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "trl_losses": Losses(c); break;
            case "accumulation": Accumulation(c); break;
            case "rloo": Rloo(c); break;
            case "dialects": Dialects(c); break;
            default: GrpoThroughModel.Check(c); break;
        }
    }

    private static GrpoOptions Options(JsonElement o)
    {
        var correction = o.Maybe("importance_sampling");
        double? Bound(int i) => correction is { } x && x[i].ValueKind != JsonValueKind.Null ? x[i].Number() : null;
        return new()
        {
            Type = OptionNames.Parse<GrpoLossType>(o.Text("loss_type")),
            Level = OptionNames.Parse<RatioLevel>(o.Text("importance_sampling_level")),
            Beta = o.Number("beta"),
            Epsilon = o.Number("epsilon"),
            EpsilonHigh = o.Maybe("epsilon_high")?.Number(),
            Delta = o.Maybe("delta")?.Number(),
            UseBiasCorrectionKl = o.Flag("use_bias_correction_kl"),
            TopEntropyQuantile = o.Number("top_entropy_quantile"),
            OffPolicyMaskThreshold = o.Maybe("off_policy_mask_threshold")?.Number(),
            EntropyCoefficient = o.Number("entropy_coef"),
            Correction = correction is { } k ? OptionNames.Parse<SamplerCorrection>(k[0].GetString()!) : SamplerCorrection.None,
            CorrectionMin = Bound(1),
            CorrectionMax = Bound(2),
            SapoTemperaturePositive = o.Number("sapo_temperature_pos"),
            SapoTemperatureNegative = o.Number("sapo_temperature_neg"),
            VespoPositive = (o.Number("vespo_k_pos"), o.Number("vespo_lambda_pos")),
            VespoNegative = (o.Number("vespo_k_neg"), o.Number("vespo_lambda_neg")),
            MaxCompletionLength = (int)o.Number("max_completion_length"),
        };
    }

    /// <summary>The case's options over the defaults.</summary>
    private static JsonElement Merged(JsonElement defaults, JsonElement options)
    {
        var all = defaults.EnumerateObject().ToDictionary(p => p.Name, p => p.Value);
        foreach (var p in options.EnumerateObject())
        {
            all[p.Name] = p.Value;
        }

        return JsonSerializer.SerializeToElement(all);
    }

    private static GrpoInputs Inputs(FixtureTensors t, JsonElement o, Tensor logProbs, Tensor entropies)
    {
        var use = o.GetProperty("use").EnumerateArray().Select(x => x.GetString()).ToHashSet();
        var mask = t.Tensor("in.completion_mask");
        if (o.Flag("mask_truncated_completions"))
        {
            mask = ResponseMasks.DropTruncated(mask, torch.tensor(o.Numbers("rows_ending_with_eos")));
            Expect.Equal<double>("truncation mask", Expect.Values(mask), t.Doubles(o.Text("completion_mask")));
        }

        var sampling = t.Tensor("in.sampling_logps");
        if (o.Maybe("sampling_nan_at") is { } at)
        {
            sampling[at[0].GetInt64(), at[1].GetInt64()] = torch.tensor(double.NaN, ScalarType.Float64);
        }

        return new(logProbs, t.Tensor("in.advantages"), mask)
        {
            ToolMask = o.Flag("tool_mask") ? t.Tensor("in.tool_mask") : null,
            OldLogProbs = use.Contains("old_logps") ? t.Tensor("in.old_logps") : null,
            RefLogProbs = o.Number("beta") == 0 ? null : t.Tensor("in.ref_logps"),
            SamplingLogProbs = use.Contains("sampling_logps") || o.Maybe("importance_sampling") is not null ? sampling : null,
            Entropies = entropies,
        };
    }

    private static void Losses(GoldenCase c)
    {
        var t = c.Tensors;
        double loss = c.Family.Tolerance("loss"), grad = c.Family.Tolerance("gradients");
        foreach (var given in c.Json.GetProperty("cases").EnumerateArray())
        {
            using var scope = torch.NewDisposeScope();
            var name = given.Text("name");
            var o = Merged(c.Json.GetProperty("defaults_where_a_case_says_nothing"), given.GetProperty("options"));
            Tensor logProbs = t.Leaf("in.logps"), entropies = t.Leaf("in.entropies");
            var inputs = Inputs(t, o, logProbs, entropies);
            var options = Options(o);
            var controller = new EntropyController(
                options.EntropyCoefficient, o.Number("entropy_target"), o.Number("entropy_coef_delta"), o.Number("entropy_coef_min"), o.Number("entropy_coef_max"), o.Maybe("last_world_entropy")?.Number());
            var adaptive = o.Flag("use_adaptive_entropy");
            options = adaptive ? options with { EntropyCoefficient = controller.Active } : options;
            // This batch is the whole generation batch unless the case says otherwise.
            var items = o.Number("num_items_in_batch", GrpoLoss.Mask(inputs).sum().item<double>());
            var reduction = new GrpoReduction(items, (int)o.Number("gradient_accumulation_steps"), (int)o.Number("steps_per_generation"), !o.Flag("training"));
            var r = GrpoLoss.Compute(inputs, options, reduction);
            LossCases.Near($"{name} loss", r.Loss, given.Number("loss"), loss);
            LossCases.Near($"{name} tokens", r.TokenLosses, t.Doubles($"out.{name}.per_token_loss"), loss);
            if (t.Has($"out.{name}.importance_sampling_ratio"))
            {
                LossCases.Near($"{name} sampler ratio", r.SamplerRatio!, t.Doubles($"out.{name}.importance_sampling_ratio"), loss);
            }

            r.Loss.backward();
            LossCases.Near($"{name} gradient", logProbs.Gradient(), t.Doubles($"out.{name}.grad_logps"), grad);
            if (t.Has($"out.{name}.grad_entropies"))
            {
                LossCases.Near($"{name} entropy gradient", entropies.Gradient(), t.Doubles($"out.{name}.grad_entropies"), grad);
            }

            var metrics = GrpoMetrics.Compute(inputs, options, r);
            metrics["policy_loss"] = r.PolicyLoss.item<double>();
            var after = adaptive ? controller.After(metrics["entropy"]) : controller;
            metrics["entropy_coef"] = after.Coefficient;
            LossCases.Metrics(name, metrics, given.GetProperty("metrics"), c.Family.Tolerance("metrics"));
            if (given.Maybe("entropy_coef_after") is { } coefficient)
            {
                LossCases.Near($"{name} coefficient", after.Coefficient, coefficient.Number(), loss);
            }
        }
    }

    private static void Accumulation(GoldenCase c)
    {
        var t = c.Tensors;
        var tolerance = c.Family.Tolerance("accumulation");
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var name = o.Text("loss_type");
            var options = new GrpoOptions
            {
                Type = OptionNames.Parse<GrpoLossType>(name), Beta = c.Json.Number("beta"), EpsilonHigh = o.Number("epsilon_high"), MaxCompletionLength = (int)c.Json.Number("max_completion_length"),
            };
            var n = (int)c.Json.Number("micro_batches");
            var items = c.Json.Number("num_items_in_batch");
            GrpoInputs Part(Tensor leaf, long start, long count)
            {
                Tensor Cut(string tensor) => t.Tensor("in." + tensor).narrow(0, start, count);
                return new(leaf.narrow(0, start, count), Cut("advantages"), Cut("completion_mask"))
                {
                    OldLogProbs = Cut("old_logps"), RefLogProbs = Cut("ref_logps"), Entropies = Cut("entropies"),
                };
            }

            var rows = t.Shape("in.logps")[0];
            var whole = t.Leaf("in.logps");
            var one = GrpoLoss.Compute(Part(whole, 0, rows), options, new(items));
            one.Loss.backward();
            LossCases.Near($"{name} one batch", one.Loss, o.Number("loss_one_batch"), tolerance);
            LossCases.Near($"{name} gradient", whole.Gradient(), t.Doubles($"out.{name}.grad_one_batch"), tolerance);
            var pieces = t.Leaf("in.logps");
            var losses = new List<double>();
            for (var i = 0; i < n; i++)
            {
                var r = GrpoLoss.Compute(Part(pieces, i * rows / n, rows / n), options, new(items, n, n));
                r.Loss.backward();
                losses.Add(r.Loss.item<double>());
            }

            LossCases.Near($"{name} sum", losses.Sum(), o.Number("sum_of_micro_batches"), tolerance);
            LossCases.Near($"{name} micro-batches", Scaled(losses, o.Numbers("losses_micro_batches")), o.Numbers("losses_micro_batches"), tolerance);
            LossCases.Near($"{name} accumulated", pieces.Gradient(), t.Doubles($"out.{name}.grad_accumulated"), tolerance);
            LossCases.Wrong(o.Flag("gradients_equal") != whole.Gradient().Zip(pieces.Gradient()).All(x => Math.Abs(x.First - x.Second) < 1e-9), $"{name}: gradients_equal");
        }
    }

    /// <summary>The file lists each micro-batch's loss before the division by the accumulation steps where the type divides by them.</summary>
    private static double[] Scaled(List<double> losses, double[] expected)
    {
        var factor = Math.Abs(losses[0]) < 1e-300 ? 1 : expected[0] / losses[0];
        LossCases.Wrong(Math.Abs(factor - 1) > 1e-9 && Math.Abs(factor - losses.Count) > 1e-9, $"micro-batch losses differ by the factor {factor}");
        return [.. losses.Select(l => l * Math.Round(factor))];
    }

    private static void Rloo(GoldenCase c)
    {
        var t = c.Tensors;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var name = o.Text("name");
            var logProbs = t.Leaf("in.logps");
            Tensor mask = t.Tensor("in.completion_mask"), advantages = t.Tensor("in.advantages");
            double epsilon = o.Number("epsilon"), high = o.Number("epsilon_high", epsilon);
            var r = RlooLoss.Compute(logProbs, t.Tensor("in.old_logps_sum"), advantages, mask, epsilon, o.Maybe("epsilon_high")?.Number());
            LossCases.Near($"{name} loss", r.Loss, o.Number("loss"), c.Family.Tolerance("loss"));
            LossCases.Near($"{name} sequences", r.SequenceLosses, t.Doubles($"out.{name}.per_sequence_loss"), c.Family.Tolerance("loss"));
            r.Loss.backward();
            LossCases.Near($"{name} gradient", logProbs.Gradient(), t.Doubles($"out.{name}.grad_logps"), c.Family.Tolerance("gradients"));
            var metrics = new Dictionary<string, double> { ["entropy"] = Masked.Mean(t.Tensor("in.entropies"), mask).item<double>() };
            GrpoMetrics.Clipping(metrics, r.Ratio, advantages.unsqueeze(-1), mask, epsilon, high);
            LossCases.Metrics(name, metrics, o.GetProperty("metrics"), c.Family.Tolerance("metrics"));
        }
    }

    private static void Dialects(GoldenCase c)
    {
        var t = c.Tensors;
        foreach (var given in c.Json.GetProperty("cases").EnumerateArray())
        {
            var (name, o) = (given.Text("name"), given.GetProperty("options"));
            var logProbs = t.Leaf("in.logps");
            Tensor old = t.Tensor("in.old_logps"), mask = t.Tensor("in.completion_mask"), advantages = t.Tensor("in.advantages").unsqueeze(-1).expand(mask.shape);
            var options = PpoOptionsOf(name, o);
            var r = PpoPolicyLoss.Compute(logProbs, old, advantages, mask, options, t.Tensor("in.sampling_logps"));
            var loss = r.Loss;
            if (o.Maybe("kl_loss_type") is { } kind)
            {
                var kl = KlEstimators.Compute(logProbs, t.Tensor("in.ref_logps"), KlOptions.Parse(kind.GetString()!, KlDialect.Verl));
                loss = loss.add(PpoPolicyLoss.Aggregate(kl, mask, options.Aggregation).mul(o.Number("kl_loss_coef")));
            }

            // verl adds 1e-8 to the counts that it divides by.
            LossCases.Near($"{name} loss", loss, given.Number("loss"), Math.Max(c.Family.Tolerance("loss"), name.StartsWith("verl", StringComparison.Ordinal) ? 1e-8 : 0));
            loss.backward();
            LossCases.Near($"{name} gradient", logProbs.Gradient(), t.Doubles($"out.{name}.grad_logps"), Math.Max(c.Family.Tolerance("gradients"), name.StartsWith("verl", StringComparison.Ordinal) ? 1e-8 : 0));
            var metrics = new Dictionary<string, double>
            {
                ["pg_clipfrac"] = r.ClipFraction.item<double>(), ["clip_ratio"] = r.ClipFraction.item<double>(), ["ppo_kl"] = r.ApproximateKl.item<double>(), ["pg_clipfrac_lower"] = r.LowerClipFraction.item<double>(),
            };
            LossCases.Metrics(name, metrics, given.GetProperty("metrics"), c.Family.Tolerance("metrics"));
        }
    }

    private static PpoPolicyOptions PpoOptionsOf(string name, JsonElement o)
    {
        double[] pair = o.Maybe("clip_eps_low_high")?.Numbers() ?? [o.Number("clip_ratio_low", .2), o.Number("clip_ratio_high", .2)];
        var bounds = o.Maybe("vllm_is_truncated_threshold")?.Numbers();
        var kind = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..];
        var verl = name.StartsWith("verl", StringComparison.Ordinal);
        return new(
            pair[0], pair[1],
            verl && !kind.StartsWith("cispo", StringComparison.Ordinal) && !kind.StartsWith("gspo", StringComparison.Ordinal) ? o.Number("clip_ratio_c", 3) : null,
            kind switch { "cispo" => PpoSurrogate.Cispo, "gspo" => verl ? PpoSurrogate.GspoToken : PpoSurrogate.GspoSequence, _ => PpoSurrogate.Clipped },
            o.Maybe("loss_agg_mode") is { } mode ? OptionNames.Parse<LossAggregation>(mode.GetString()!.Replace('-', '_')) : kind == "gspo" ? LossAggregation.SeqMeanTokenMean : LossAggregation.TokenMean,
            o.Maybe("type") is { } type ? OptionNames.Parse<OpenRlhfCorrection>(type.GetString()!.Replace('-', '_')) : OpenRlhfCorrection.None,
            bounds?[0] ?? 0, bounds?[1] ?? double.PositiveInfinity);
    }
}
