using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Advantages;
using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F20Advantages : IGoldenCheck
{
    public string Family => "F20";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "trl_grpo": TrlGrpo(c); break;
            case "trl_rloo": TrlRloo(c); break;
            case "verl": Verl(c); break;
            case "openrlhf": OpenRlhf(c); break;
            default: Nemo(c); break;
        }
    }

    private static RewardTable Table(JsonElement o) => new([.. o.GetProperty("rewards_per_func").EnumerateArray().Select(r => r.Numbers())], o.Numbers("reward_weights"));

    private static string[] Names(RewardTable table) => [.. table.Weights.Select((_, k) => $"r{k}")];

    private static void TrlGrpo(GoldenCase c)
    {
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var table = Table(o);
            var r = GroupAdvantages.Compute(
                table, (int)o.Number("num_generations"), OptionNames.Parse<RewardScaling>(o.Text("scale_rewards")), OptionNames.Parse<RewardAggregation>(o.Text("multi_objective_aggregation")));
            Expect.Close(o.Text("name"), r.Advantages, o.Numbers("advantages"), c.Family.Tolerance("advantages"), c.Family.Tolerance("advantages"));
            var metrics = table.Metrics(table.Sums(), Names(table));
            metrics["frac_reward_zero_std"] = r.ZeroDeviationShare;
            LossCases.Metrics(o.Text("name"), metrics, o.GetProperty("metrics"), c.Family.Tolerance("metrics"));
        }
    }

    private static void TrlRloo(GoldenCase c)
    {
        var t = c.Tensors;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var p = $"in.{o.GetProperty("index")}.";
            var table = Table(o);
            Tensor mask = t.Tensor(p + "completion_mask"), old = t.Tensor(p + "old_logps");
            LossCases.Near("old sums", SequenceLogProbs.Sum(old, mask), o.Numbers("old_logps_sum"), 1e-9);
            var kl = KlEstimators.Compute(old, t.Tensor(p + "ref_logps"), new());
            var clip = o.Maybe("reward_clip_range")?.Numbers();
            var (r, _) = LeaveOneOut.Compute(
                table, (int)o.Number("num_generations"), o.Number("beta"), Expect.Values(SequenceLogProbs.Sum(kl, mask)), clip is null ? null : (clip[0], clip[1]), o.Flag("normalize_advantages"));
            LossCases.Near($"{p} advantages", r.Advantages, o.Numbers("advantages"), c.Family.Tolerance("advantages"));
            var metrics = table.Metrics(table.Sums(), Names(table));
            metrics["frac_reward_zero_std"] = r.ZeroDeviationShare;
            metrics["kl"] = Masked.Mean(kl, mask).item<double>();
            LossCases.Metrics(p, metrics, o.GetProperty("metrics"), c.Family.Tolerance("metrics"));
        }
    }

    private static void Verl(GoldenCase c)
    {
        var t = c.Tensors;
        int[] index = [.. c.Json.Ids("index").Select(x => (int)x)];
        Tensor mask = t.Tensor("in.response_mask");
        double[] rewards = t.Doubles("in.rewards"), second = t.Doubles("in.second_rewards");
        var epsilon = c.Json.Number("epsilon");
        void Near(string name, Tensor actual) => LossCases.Near(name, actual, t.Doubles($"out.{name}"), c.Family.Tolerance("advantages"));
        void Rows(string name, double[] perRow) => Near(name, TokenAdvantages.Spread(perRow, mask));
        Rows("grpo", OutcomeAdvantages.Grpo(rewards, index, epsilon: epsilon));
        Rows("grpo_without_std", OutcomeAdvantages.Grpo(rewards, index, scale: false));
        Rows("grpo_passk", OutcomeAdvantages.GrpoPassK(rewards, index, epsilon: epsilon));
        Rows("grpo_passk_without_std", OutcomeAdvantages.GrpoPassK(rewards, index, scale: false));
        Rows("rloo", OutcomeAdvantages.Rloo(rewards, index));
        Rows("opo", OutcomeAdvantages.Opo(rewards, Expect.Values(mask.sum(1)), index));
        Rows("gpg", OutcomeAdvantages.Gpg(rewards, index));
        Near("rfpp_baseline", TokenAdvantages.ReinforcePlusPlusBaseline(rewards, index, mask));
        Near("gdpo", TokenAdvantages.Gdpo([rewards, second], c.Json.GetProperty("gdpo").Numbers("reward_weights"), index, mask));
        Expect.Close("token rewards", Expect.Values(TokenAdvantages.OnLastToken(rewards, mask)), t.Doubles("in.token_rewards"), 1e-12);
        var kl = KlEstimators.Compute(t.Tensor("in.old_logprobs"), t.Tensor("in.ref_logprobs"), new(Dialect: KlDialect.Verl)).mul(mask);
        var shaped = TokenAdvantages.OnLastToken(rewards, mask).sub(kl.mul(c.Json.Number("kl_coef")));
        Expect.Close("token rewards with kl", Expect.Values(shaped), t.Doubles("in.token_rewards_with_kl"), 1e-12);
        foreach (var name in t.Names.Where(n => n.StartsWith("out.rfpp.", StringComparison.Ordinal)))
        {
            var key = name["out.rfpp.".Length..];
            var gap = key.StartsWith("gap.", StringComparison.Ordinal);
            var m = gap ? t.Tensor("in.response_mask_with_gap") : mask;
            var gamma = double.Parse(key[(key.IndexOf("gamma_", StringComparison.Ordinal) + 6)..], System.Globalization.CultureInfo.InvariantCulture);
            var r = TokenAdvantages.ReinforcePlusPlus(gap ? shaped.mul(m) : shaped, m, gamma);
            Near($"rfpp.{key}", r.Advantages);
            Near($"rfpp_returns.{key}", r.Returns);
        }

        var remax = TokenAdvantages.ReMax(shaped, t.Doubles("in.greedy_rewards"), mask);
        Near("remax", remax.Advantages);
        Near("remax_returns", remax.Returns);
        int[] single = [.. c.Json.Ids("singleton_index").Select(x => (int)x)];
        Near("singleton.grpo", TokenAdvantages.Spread(OutcomeAdvantages.Grpo(t.Doubles("in.singleton_rewards"), single, epsilon: epsilon), t.Tensor("in.singleton_mask")));
        Near("singleton.rloo", TokenAdvantages.Spread(OutcomeAdvantages.Rloo(t.Doubles("in.singleton_rewards"), single), t.Tensor("in.singleton_mask")));
    }

    private static void OpenRlhf(GoldenCase c)
    {
        var t = c.Tensors;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            var mask = t.Tensor("in.response_mask");
            var kl = KlEstimators.Compute(t.Tensor("in.old_logprobs"), t.Tensor("in.ref_logprobs"), KlOptions.Parse(o.Text("kl_estimator"), KlDialect.OpenRlhf));
            var r = OpenRlhfAdvantages.Compute(
                t.Doubles("in.rewards"), (int)t.Shape("in.rewards")[1], mask, kl, OptionNames.Parse<OpenRlhfEstimator>(o.Text("estimator")), o.Number("kl_coef"), o.Number("gamma"));
            var p = $"out.{o.Text("name")}.";
            LossCases.Near(p + "shaped", r.Shaped, t.Doubles(p + "shaped"), c.Family.Tolerance("advantages"));
            LossCases.Near(p + "advantages", r.Advantages, t.Doubles(p + "advantages"), c.Family.Tolerance("advantages"));
            LossCases.Near(p + "returns", r.Returns, t.Doubles(p + "returns"), c.Family.Tolerance("advantages"));
        }
    }

    private static void Nemo(GoldenCase c)
    {
        var t = c.Tensors;
        int[] index = [.. c.Json.Ids("index").Select(x => (int)x)];
        double[] rewards = t.Doubles("in.rewards"), second = t.Doubles("in.second_rewards");
        var mask = t.Tensor("in.response_mask");
        void Near(string name, double[] actual) => LossCases.Near(name, actual, t.Doubles($"out.{name}"), c.Family.Tolerance("advantages"));
        foreach (var leave in new[] { false, true })
        {
            var suffix = $"leave_one_out_{(leave ? "true" : "false")}";
            var (baseline, deviation) = NemoAdvantages.Baselines(rewards, index, leave);
            Near($"baseline.{suffix}", baseline);
            Near($"std.{suffix}", deviation);
            foreach (var normalize in new[] { false, true })
            {
                var name = $"{suffix}.normalize_{(normalize ? "true" : "false")}";
                Near($"grpo.{name}", NemoAdvantages.Grpo(rewards, index, leave, normalize));
                Near($"gdpo.{name}", NemoAdvantages.Gdpo([rewards, second], c.Json.Numbers("gdpo_reward_weights"), index, leave, normalize));
            }
        }

        var o = c.Json.GetProperty("rfpp_kl");
        var kl = KlEstimators.Compute(t.Tensor("in.logprobs"), t.Tensor("in.ref_logprobs"), KlOptions.Parse(o.Text("estimator"), KlDialect.Nemo));
        foreach (var minus in new[] { false, true })
        {
            var suffix = $"minus_baseline_{(minus ? "true" : "false")}";
            Near($"rfpp.{suffix}", Expect.Values(NemoAdvantages.ReinforcePlusPlus(rewards, index, mask, minus)));
            Near($"rfpp_with_kl.{suffix}", Expect.Values(NemoAdvantages.ReinforcePlusPlus(rewards, index, mask, minus, kl, o.Number("coef"))));
        }
    }
}
