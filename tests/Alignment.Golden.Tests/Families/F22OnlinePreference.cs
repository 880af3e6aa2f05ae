using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;
using Alignment.ModelCore.Rollouts;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F22OnlinePreference : IGoldenCheck
{
    public string Family => "F22";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "online_dpo": Each(c, OnlineDpo); break;
            case "xpo": Each(c, Xpo); break;
            case "nash_md": Each(c, NashMd); break;
            case "geometric_mixture": Mixture(c); break;
            case "truncate_right": TruncateRight(c); break;
            default: Each(c, (_, o) => Schedules(o)); break;
        }
    }

    private static void Each(GoldenCase c, Action<GoldenCase, JsonElement> check)
    {
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            using var scope = torch.NewDisposeScope();
            check(c, o);
        }
    }

    private static DpoLossType Type(JsonElement o) => o.Text("loss_type") == "ipo" ? DpoLossType.IpoSum : OptionNames.Parse<DpoLossType>(o.Text("loss_type"));

    private static void Near(GoldenCase c, string what, Tensor actual, double[] expected, bool gradient = false) =>
        LossCases.Near(what, actual, expected, c.Family.Tolerance(gradient ? "gradients" : "losses"));

    private static Tensor Penalised(GoldenCase c, JsonElement o, string scores, string ids)
    {
        var rows = c.Tensors.Shape(ids);
        var flat = c.Tensors.Longs(ids);
        var eos = (int)c.Json.Number("eos_token_id");
        return torch.tensor([.. c.Tensors.Doubles(scores).Select((s, i) => RewardRules.MissingEos(
            s, [.. flat.Skip(i * (int)rows[1]).Take((int)rows[1]).Select(x => (int)x)], eos, o.Maybe("missing_eos_penalty")?.Number()))], ScalarType.Float64);
    }

    private static double ContainEos(GoldenCase c, string ids) => ResponseMasks.Contains(c.Tensors.Tensor(ids), (long)c.Json.Number("eos_token_id")).to_type(ScalarType.Float64).mean().item<double>();

    private static void OnlineDpo(GoldenCase c, JsonElement o)
    {
        var t = c.Tensors;
        var name = o.Text("name");
        var logProbs = t.Leaf("in.logprobs");
        Tensor refLogProbs = t.Tensor("in.ref_logprobs"), mask = t.Tensor("in.completion_mask"), scores = Penalised(c, o, "in.scores", "in.completion_ids");
        Near(c, $"{name} scores", scores, o.Numbers("scores_after_penalty"));
        var r = OnlineDpoLoss.Compute(SequenceLogProbs.Sum(logProbs, mask), SequenceLogProbs.Sum(refLogProbs, mask), scores, o.Number("beta"), Type(o));
        LossCases.Near($"{name} loss", r.Loss, o.Number("loss"), c.Family.Tolerance("losses"));
        Near(c, $"{name} losses", r.Losses, o.Numbers("losses"));
        Near(c, $"{name} chosen", r.ChosenIsFirst.to_type(ScalarType.Float64), o.Numbers("chosen_is_first"));
        r.Loss.backward();
        Near(c, $"{name} gradient", torch.tensor(logProbs.Gradient(), ScalarType.Float64), t.Doubles($"out.{name}.grad_logprobs"), gradient: true);
        var library = OnlineDpoLoss.Metrics(r, logProbs, refLogProbs, torch.ones_like(mask), scores, o.Number("beta"));
        library["val/contain_eos_token"] = ContainEos(c, "in.completion_ids");
        LossCases.Metrics(name, library, o.GetProperty("metrics"), c.Family.Tolerance("metrics"));
        LossCases.Metrics(name, OnlineDpoLoss.Metrics(r, logProbs, refLogProbs, mask, scores, o.Number("beta")), o.GetProperty("metrics_masked"), c.Family.Tolerance("metrics"));
    }

    private static void Xpo(GoldenCase c, JsonElement o)
    {
        var t = c.Tensors;
        var name = o.Text("name");
        Tensor own = t.Leaf("in.model_logprobs_model_data"), other = t.Leaf("in.model_logprobs_ref_data");
        Tensor refOwn = t.Tensor("in.ref_logprobs_model_data"), refOther = t.Tensor("in.ref_logprobs_ref_data");

        // Padding holds 0 already, and the stored gradients count its slots.
        Tensor ownMask = torch.ones_like(t.Tensor("in.model_completion_mask")), otherMask = torch.ones_like(t.Tensor("in.ref_completion_mask"));
        Tensor ownScores = Penalised(c, o, "in.model_scores", "in.model_completion_ids"), otherScores = Penalised(c, o, "in.ref_scores", "in.ref_completion_ids");
        var r = XpoLoss.Compute(
            SequenceLogProbs.Sum(own, ownMask), SequenceLogProbs.Sum(other, otherMask), SequenceLogProbs.Sum(refOwn, ownMask), SequenceLogProbs.Sum(refOther, otherMask),
            ownScores, otherScores, o.Number("beta"), o.Number("alpha"), Type(o));
        LossCases.Near($"{name} loss", r.Loss, o.Number("loss"), c.Family.Tolerance("losses"));
        Near(c, $"{name} dpo", r.DpoLosses, o.Numbers("dpo_losses"));
        Near(c, $"{name} xpo", r.XpoLosses, o.Numbers("xpo_losses"));
        Near(c, $"{name} chosen", r.ChosenIsModel.to_type(ScalarType.Float64), o.Numbers("chosen_is_model"));
        r.Loss.backward();
        Near(c, $"{name} gradient", torch.tensor(own.Gradient(), ScalarType.Float64), t.Doubles($"out.{name}.grad_model_logprobs_model_data"), gradient: true);
        Near(c, $"{name} gradient", torch.tensor(other.Gradient(), ScalarType.Float64), t.Doubles($"out.{name}.grad_model_logprobs_ref_data"), gradient: true);
        var metrics = XpoLoss.Metrics(r, torch.cat([own, other]), torch.cat([refOwn, refOther]), torch.cat([ownMask, otherMask]), ownScores, otherScores);
        metrics["val/model_contain_eos_token"] = ContainEos(c, "in.model_completion_ids");
        metrics["val/ref_contain_eos_token"] = ContainEos(c, "in.ref_completion_ids");
        (metrics["alpha"], metrics["beta"]) = (o.Number("alpha"), o.Number("beta"));

        // The library adds the reference's means to these two.
        metrics["logps/chosen"] += r.Pairs.ReferenceChosen.mean().item<double>();
        metrics["logps/rejected"] += r.Pairs.ReferenceRejected.mean().item<double>();
        LossCases.Metrics(name, metrics, o.GetProperty("metrics"), c.Family.Tolerance("metrics"));
    }

    private static void NashMd(GoldenCase c, JsonElement o)
    {
        var t = c.Tensors;
        var name = o.Text("name");
        var logProbs = t.Leaf("in.model_logprobs");
        Tensor refLogProbs = t.Tensor("in.ref_logprobs"), mask = torch.ones_like(t.Tensor("in.model_completion_mask")), scores = t.Tensor("in.model_scores"), mixture = t.Tensor("in.mixture_scores");
        var probability = o.Vector("probability");
        if (!name.StartsWith("given", StringComparison.Ordinal))
        {
            probability = NashMdLoss.Probability(scores, mixture);
            Near(c, $"{name} probability", probability, o.Numbers("probability"));
        }

        var r = NashMdLoss.Compute(logProbs, refLogProbs, mask, probability, o.Number("beta"));
        LossCases.Near($"{name} loss", r.Loss, o.Number("loss"), c.Family.Tolerance("losses"));
        Near(c, $"{name} score", r.Scores, o.Numbers("score"));
        r.Loss.backward();
        Near(c, $"{name} gradient", torch.tensor(logProbs.Gradient(), ScalarType.Float64), t.Doubles($"out.{name}.grad_model_logprobs"), gradient: true);
        var metrics = NashMdLoss.Metrics(r, logProbs, refLogProbs, mask, probability);
        metrics["rewards/chosen"] = scores.mean().item<double>();
        metrics["rewards/rejected"] = mixture.mean().item<double>();
        metrics["val/model_contain_eos_token"] = ContainEos(c, "in.model_completion_ids");
        metrics["val/ref_contain_eos_token"] = ContainEos(c, "in.mixture_completion_ids");
        (metrics["beta"], metrics["mixture_coef"]) = (o.Number("beta"), c.Json.Number("mixture_coef"));
        LossCases.Metrics(name, metrics, o.GetProperty("metrics"), c.Family.Tolerance("metrics"), scores.numel() == 0 ? [] : OptionalScores(o));
        Near(c, $"{name} kl", r.KlSums, o.Numbers("kl"));
    }

    /// <summary>With a preference model there are no scores to average.</summary>
    private static string[] OptionalScores(JsonElement o) =>
        o.GetProperty("metrics").TryGetProperty("rewards/chosen", out _) ? [] : ["rewards/chosen", "rewards/rejected"];

    private static void Mixture(GoldenCase c)
    {
        foreach (var coefficient in c.Json.Numbers("mixture_coefs"))
        {
            var name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"out.logits.mixture_coef_{coefficient:0.0###}");
            Near(c, name, NashMdLoss.GeometricMixture(c.Tensors.Tensor("in.policy_logits"), c.Tensors.Tensor("in.ref_logits"), coefficient), c.Tensors.Doubles(name));
        }
    }

    private static void TruncateRight(GoldenCase c)
    {
        var width = c.Json.GetProperty("input_ids")[0].GetArrayLength();
        var ids = torch.tensor(c.Json.Numbers("input_ids").Select(x => (long)x).ToArray()).reshape(-1, width);
        var (truncated, mask) = ResponseMasks.TruncateRight(ids, (long)c.Json.Number("stop_token_id"), (long)c.Json.Number("pad_token_id"));
        Near(c, "ids", truncated, c.Json.Numbers("output_ids"));
        Near(c, "mask", mask, c.Json.Numbers("mask"));
    }

    private static void Schedules(JsonElement o)
    {
        var schedule = new PerEpoch(o.Numbers("value"));
        var expected = o.Numbers("value_by_epoch");
        Expect.Close(o.Text("option"), [.. Enumerable.Range(0, expected.Length).Select(schedule.At)], expected, 0);
    }
}
