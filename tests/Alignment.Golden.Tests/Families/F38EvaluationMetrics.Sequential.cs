using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Statistics.Drift;

namespace Alignment.Golden.Tests.Families;

public sealed partial class F38EvaluationMetrics
{
    private static void CheckSequential(JsonElement j, Tolerances t)
    {
        foreach (var s in j.Items("streams"))
        {
            var values = s.Numbers("values");
            int[] Detections(Func<double, bool> add) => [.. Enumerable.Range(0, values.Length).Where(i => add(values[i]))];
            foreach (var (name, direction) in new[] { ("both", DriftDirection.Both), ("up", DriftDirection.Up), ("down", DriftDirection.Down) })
            {
                Expect.Equal<int>($"page-hinkley {name}", Detections(new PageHinkley(direction: direction).Add), s.Ints($"page_hinkley_{name}_detections"));
            }

            Expect.Equal<int>("page-hinkley independent", Detections(new PageHinkley().Add), s.Ints("page_hinkley_independent_both"));
            CheckCusum(s.GetProperty("cusum"), values, t);
            CheckAdwin(s.GetProperty("adwin"), values, restart: true, "restart_after_alarm", t);
            CheckAdwin(s.GetProperty("adwin"), values, restart: false, "keep_window_after_alarm", t);
        }
    }

    private static void CheckCusum(JsonElement j, double[] values, Tolerances t)
    {
        var cusum = new Cusum(j.Number("target"), j.Number("slack"), j.Number("limit"));
        var (alarms, upper, lower) = (new List<int>(), new List<double>(), new List<double>());
        for (var i = 0; i < values.Length; i++)
        {
            if (cusum.Add(values[i]))
            {
                alarms.Add(i);
            }

            if (i % 10 == 0)
            {
                upper.Add(cusum.Upper);
                lower.Add(cusum.Lower);
            }
        }

        Expect.Equal<int>("cusum", alarms, j.Ints("detections"));
        Expect.Close("cusum upper", [.. upper], j.Numbers("upper_every_10th"), t.Abs);
        Expect.Close("cusum lower", [.. lower], j.Numbers("lower_every_10th"), t.Abs);
        var first = Cusum.Of(values[..30]);
        var given = new Cusum(j.Number("target"), j.Number("slack"), j.Number("limit"));
        Expect.Equal<bool>("cusum from the first 30", [.. values.Select(first.Add)], [.. values.Select(given.Add)]);
    }

    private static void CheckAdwin(JsonElement j, double[] values, bool restart, string name, Tolerances t)
    {
        var adwin = new Adwin(j.Number("delta"), j.Int("clock"), j.Int("max_buckets"), j.Int("min_window_length"), j.Int("grace_period"), restart);
        var (alarms, widths, means, deviations) = (new List<int>(), new List<int>(), new List<double>(), new List<double>());
        for (var i = 0; i < values.Length; i++)
        {
            if (adwin.Add(values[i]))
            {
                alarms.Add(i);
            }

            if (i % 10 == 0)
            {
                widths.Add((int)adwin.Width);
                means.Add(adwin.Mean);
                deviations.Add(adwin.SumOfSquaredDeviations);
            }
        }

        var o = j.GetProperty(name);
        Expect.Equal<int>($"adwin {name}", alarms, o.Ints("detections"));
        Expect.Equal<int>("adwin width", widths, o.Ints("width_every_10th"));
        Expect.Close("adwin mean", [.. means], o.Numbers("mean_every_10th"), t.Abs);
        Expect.Close("adwin deviations", [.. deviations], o.Numbers("sum_of_squared_deviations_every_10th"), t.Abs);
        Expect.Equal("adwin final width", (int)adwin.Width, o.Int("final_width"));
        Expect.Close("adwin final mean", adwin.Mean, o.Number("final_mean"), t.Abs);
    }
}
