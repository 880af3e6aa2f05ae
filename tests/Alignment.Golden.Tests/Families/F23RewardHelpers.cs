using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Rollouts;

namespace Alignment.Golden.Tests.Families;

public sealed class F23RewardHelpers : IGoldenCheck
{
    public string Family => "F23";

    public void Check(GoldenCase c)
    {
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            switch (c.Name)
            {
                case "think_format": Exact(o.Text("text"), [RewardRules.ThinkFormat(o.Text("text"))], [o.Number("reward")]); break;
                case "soft_overlong": Exact("soft overlong", [.. Lengths(o).Select(n => RewardRules.SoftOverlong(n, Int(o, "max_completion_len"), Int(o, "soft_punish_cache")))], o.Numbers("rewards")); break;
                case "repetition": Repetition(c, o); break;
                case "cosine_length": Cosine(c, o); break;
                case "overlong_dialects": Overlong(c, o); break;
                case "stop_properly": StopProperly(c, o); break;
                case "eos_penalty": EosPenalty(c, o); break;
                default: throw new UnsupportedCaseException(c.Name);
            }
        }
    }

    private static int Int(JsonElement o, string name) => o.GetProperty(name).GetInt32();

    private static int[] Lengths(JsonElement o) => [.. o.Numbers("lengths").Select(x => (int)x)];

    private static void Exact(string what, double[] actual, double[] expected) => Expect.Close(what, actual, expected, 0);

    private static IEnumerable<int[]> Completions(GoldenCase c) => c.Json.GetProperty("completion_ids").EnumerateArray().Select(r => r.Numbers().Select(x => (int)x).ToArray());

    private static void Repetition(GoldenCase c, JsonElement o)
    {
        double[] actual = [.. Completions(c).Select(t => RewardRules.Repetition(t, Int(o, "ngram_size"), o.Number("max_penalty")))];
        Exact("repetition", actual, o.Numbers("rewards"));
        LossCases.Wrong(actual.Any(x => x == 0 && double.IsNegative(x)), "no repetition gives positive zero");
    }

    private static void Cosine(GoldenCase c, JsonElement o)
    {
        var lengths = Lengths(o);
        var correct = o.GetProperty("correct").EnumerateArray().Select(x => x.ValueKind == JsonValueKind.Null ? (bool?)null : x.GetBoolean()).ToArray();
        var expected = o.GetProperty("rewards").EnumerateArray().ToArray();
        for (var i = 0; i < lengths.Length; i++)
        {
            var actual = RewardRules.CosineLength(
                correct[i], lengths[i], Int(o, "max_len"), (o.Number("min_value_wrong"), o.Number("max_value_wrong")), (o.Number("min_value_correct"), o.Number("max_value_correct")));
            if (expected[i].ValueKind == JsonValueKind.Null)
            {
                LossCases.Wrong(actual is not null, $"row {i} must stay without a reward");
            }
            else
            {
                Expect.Close($"cosine {i}", actual!.Value, expected[i].Number(), c.Family.Tolerance("cosine_length"));
            }
        }
    }

    private static void Overlong(GoldenCase c, JsonElement o)
    {
        double[] Penalties(bool capped) => [.. Lengths(o).Select(n => RewardRules.Overlong(n, Int(o, "max_response_length"), Int(o, "buffer_length"), o.Number("penalty_factor"), capped))];
        Expect.Close("openrlhf", Penalties(true), o.Numbers("openrlhf"), c.Family.Tolerance("overlong_dialects"));
        Expect.Close("verl", Penalties(false), o.Numbers("verl_and_nemo_rl"), c.Family.Tolerance("overlong_dialects"));
    }

    private static void StopProperly(GoldenCase c, JsonElement o)
    {
        double[] rewards = c.Json.Numbers("rewards"), truncated = c.Json.Numbers("truncated");
        double[] actual = [.. rewards.Select((r, i) => RewardRules.StopProperly(r, truncated[i] != 0, o.Number("coef")))];
        Exact("openrlhf", actual, o.Numbers("openrlhf"));
        if (o.Maybe("nemo_rl") is { ValueKind: JsonValueKind.Array } nemo)
        {
            Exact("nemo", actual, nemo.Numbers());
        }
    }

    private static void EosPenalty(GoldenCase c, JsonElement o)
    {
        var scores = c.Json.Numbers("scores");
        double[] actual = [.. Completions(c).Select((t, i) => RewardRules.MissingEos(scores[i], t, Int(c.Json, "eos_token_id"), o.Maybe("missing_eos_penalty")?.Number()))];
        Exact("scores", actual, o.Numbers("scores_after"));
    }
}
