using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>The same PPO batch under the rules of OpenRLHF and verl.</summary>
internal static class PpoDialects
{
    internal static void Check(GoldenCase c)
    {
        var t = c.Tensors;
        var verl = c.Name.EndsWith("verl", StringComparison.Ordinal);

        // Both add 1e-8 to counts that they divide by.
        double tolerance = c.Family.Tolerance("tensors"), losses = Math.Max(c.Family.Tolerance("losses"), 1e-8);
        void Near(string name, Tensor actual) => LossCases.Near(name, actual, t.Doubles("out." + name), tolerance);
        var mask = t.Tensor("in.response_mask");
        var last = mask.sum(1).to_type(ScalarType.Int64).sub(1);
        var dialect = verl ? KlDialect.Verl : KlDialect.OpenRlhf;
        var clip = c.Json.Maybe("reward_clip_range")?.Numbers();
        var options = new PpoRewardOptions(
            c.Json.Number("kl_coef"), new(KlEstimator.K1, dialect), RewardSlot.LastToken, false, new(c.Json.Number("gamma"), c.Json.Number("lambda"), verl ? GaeMasking.Carry : GaeMasking.Zero),
            verl ? WhiteningDialect.Verl : WhiteningDialect.OpenRlhf, clip is null ? null : (clip[0], clip[1]));
        var a = PpoRewards.Compute(t.Tensor("in.old_logprobs"), t.Tensor("in.ref_logprobs"), t.Tensor("in.values"), t.Tensor("in.scores"), last, options);
        Near("kl", a.Kl);
        Near("rewards", a.Rewards);
        Near("advantages_raw", a.RawAdvantages);
        Near("advantages", a.Advantages);
        Near("returns", a.Returns);
        if (t.Has("out.advantages_without_std"))
        {
            Near("advantages_without_std", Whitening.Whiten(a.RawAdvantages, mask, WhiteningDialect.OpenRlhf, scale: false));
        }

        if (c.Json.Maybe("reward_kl_penalty") is { } penalty)
        {
            LossCases.Near("kl penalty", Masked.RowMeans(a.Kl, mask).mean(), penalty.Number(), losses);
        }

        foreach (var o in c.Json.GetProperty("policy_losses").EnumerateArray())
        {
            Policy(c, o, verl, dialect, a.Advantages, mask, losses);
        }

        foreach (var o in c.Json.GetProperty("value_losses").EnumerateArray())
        {
            Value(c, o, a.Returns, mask, losses);
        }
    }

    private static LossAggregation Aggregation(JsonElement options) => options.Maybe("mode") is { } mode
        ? OptionNames.Parse<LossAggregation>(mode.GetString()!.Replace('-', '_'))
        : options.Maybe("token_level") is { } level && level.Number() == 0 ? LossAggregation.SeqMeanTokenMean : LossAggregation.TokenMean;

    private static void Policy(GoldenCase c, JsonElement o, bool verl, KlDialect dialect, Tensor advantages, Tensor mask, double tolerance)
    {
        var (name, x, t) = (o.Text("name"), o.GetProperty("options"), c.Tensors);
        var kind = x.Maybe("kind")?.GetString() ?? x.Maybe("loss")?.GetString();
        var surrogate = kind switch
        {
            null => PpoSurrogate.Clipped,
            "cispo" => PpoSurrogate.Cispo,
            "gspo" => verl ? PpoSurrogate.GspoToken : PpoSurrogate.GspoSequence,
            _ => throw new UnsupportedCaseException(kind),
        };
        double? dual = verl ? (surrogate == PpoSurrogate.Clipped ? x.Number("c", 3) : null) : x.Maybe("dual_clip")?.Number();
        var aggregation = kind == "gspo" ? LossAggregation.SeqMeanTokenMean : Aggregation(x);
        var logProbs = t.Leaf("in.new_logprobs");
        var r = PpoPolicyLoss.Compute(logProbs, t.Tensor("in.old_logprobs"), advantages, mask, new(x.Number("low", .2), x.Number("high", .2), dual, surrogate, aggregation));
        var loss = r.Loss;
        if ((x.Maybe("kl_estimator") ?? x.Maybe("kl_loss_type")) is { } estimator)
        {
            var kl = KlEstimators.Compute(logProbs, t.Tensor("in.ref_logprobs"), KlOptions.Parse(estimator.GetString()!, dialect));
            loss = loss.add(PpoPolicyLoss.Aggregate(kl, mask, aggregation).mul(x.Number("kl_loss_coef", x.Number("kl_coef_in_loss", 0))));
        }

        LossCases.Near($"{name} loss", loss, o.Number("loss"), tolerance);
        loss.backward();
        LossCases.Near($"{name} gradient", logProbs.Gradient(), t.Doubles($"out.{name}.grad"), Math.Max(tolerance, c.Family.Tolerance("gradients")));
        var metrics = new Dictionary<string, double>
        {
            ["clip_ratio"] = r.ClipFraction.item<double>(), ["pg_clipfrac"] = r.ClipFraction.item<double>(), ["ppo_kl"] = r.ApproximateKl.item<double>(), ["pg_clipfrac_lower"] = r.LowerClipFraction.item<double>(),
        };
        foreach (var (key, value) in metrics.Where(m => o.TryGetProperty(m.Key, out _)))
        {
            LossCases.Near($"{name} {key}", value, o.Number(key), c.Family.Tolerance("clip_fractions"));
        }
    }

    private static void Value(GoldenCase c, JsonElement o, Tensor returns, Tensor mask, double tolerance)
    {
        var (name, x, t) = (o.Text("name"), o.GetProperty("options"), c.Tensors);
        var values = t.Leaf("in.new_values");
        var range = (x.Maybe("value_clip") ?? x.Maybe("cliprange_value"))?.Number();
        var r = ValueLoss.Compute(values, t.Tensor("in.values"), returns, mask, range, Aggregation(x));
        LossCases.Near($"{name} loss", r.Loss, o.Number("loss"), tolerance);
        if (o.Maybe("vf_clipfrac") is { } fraction)
        {
            LossCases.Near($"{name} clip", r.ClipFraction, fraction.Number(), c.Family.Tolerance("clip_fractions"));
        }

        r.Loss.backward();
        LossCases.Near($"{name} gradient", values.Gradient(), t.Doubles($"out.{name}.grad"), Math.Max(tolerance, c.Family.Tolerance("gradients")));
    }
}
