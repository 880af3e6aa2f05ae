using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Losses;

namespace Alignment.Golden.Tests.Families;

public sealed class F15ProcessReward : IGoldenCheck
{
    public string Family => "F15";

    public void Check(GoldenCase c)
    {
        if (c.Json.TryGetProperty("model", out _))
        {
            ProcessRewardThroughModel.Check(c);
            return;
        }

        var rows = c.Json.GetProperty("rows").EnumerateArray().ToList();
        var n = 0;
        foreach (var o in c.Json.GetProperty("cases").EnumerateArray())
        {
            int? Optional(string name) => (int?)o.Maybe(name)?.Number();
            var format = new ProcessRewardFormat(
                [.. o.Ids("separator_ids").Select(x => (int)x)], Optional("bos_token_id"), o.Flag("train_on_last_step_only") && !o.Flag("is_eval"), Optional("max_completion_length"), Optional("max_length"));
            var expected = o.GetProperty("results").EnumerateArray().ToList();
            for (var i = 0; i < rows.Count; i++)
            {
                var (ids, labels) = ProcessRewardLabels.Build(
                    [.. rows[i].Ids("prompt_ids").Select(x => (int)x)],
                    [.. rows[i].GetProperty("completions_ids").EnumerateArray().Select(s => s.Numbers().Select(x => (int)x).ToArray())],
                    [.. rows[i].Numbers("labels").Select(x => x != 0)],
                    format);
                Expect.Equal<long>($"cases[{n}] row {i} ids", [.. ids.Select(x => (long)x)], expected[i].Ids("input_ids"));
                Expect.Equal<long>($"cases[{n}] row {i} labels", labels, expected[i].Ids("labels"));
            }

            n++;
        }
    }
}
