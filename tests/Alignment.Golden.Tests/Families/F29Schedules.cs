using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Optimization;

namespace Alignment.Golden.Tests.Families;

public sealed class F29Schedules : IGoldenCheck
{
    public string Family => "F29";

    public void Check(GoldenCase c)
    {
        var (rel, abs) = (c.Family.Tolerance("rel"), c.Family.Tolerance("abs"));
        var i = 0;
        foreach (var s in c.Json.GetProperty("cases").EnumerateArray())
        {
            var what = $"cases[{i++}] {s.Text("name")}";
            var expected = s.Numbers("lr");
            Expect.Close(what, s.Text("name") == "reduce_lr_on_plateau" ? Plateau(s) : Rates(s, expected.Length, what), expected, abs, rel);
        }
    }

    private static double[] Rates(JsonElement s, int count, string what)
    {
        var (warmup, total) = (s.GetProperty("num_warmup_steps").GetInt64(), s.GetProperty("num_training_steps").GetInt64());
        Expect.Equal($"{what} warm-up", Schedules.WarmupSteps(s.Number("warmup_setting"), total), warmup);
        var k = s.GetProperty("kwargs");
        double? Optional(string name) => k.Maybe(name)?.Number();
        var known = new[] { "num_cycles", "min_lr", "min_lr_rate", "warmup_lr_rate", "lr_end", "power", "timescale", "num_decay_steps", "num_stable_steps", "warmup_type", "decay_type", "min_lr_ratio" };
        if (k.EnumerateObject().FirstOrDefault(p => !known.Contains(p.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            throw new UnsupportedCaseException($"schedule setting {unknown.Name}");
        }

        var options = new ScheduleOptions
        {
            NumCycles = Optional("num_cycles"), MinLr = Optional("min_lr"), MinLrRate = Optional("min_lr_rate"), WarmupLrRate = Optional("warmup_lr_rate"),
            LrEnd = Optional("lr_end") ?? 1e-7, Power = Optional("power") ?? 1, Timescale = Optional("timescale"),
            NumDecaySteps = (long?)Optional("num_decay_steps"), NumStableSteps = (long?)Optional("num_stable_steps"),
            WarmupType = k.Maybe("warmup_type")?.GetString() ?? "linear", DecayType = k.Maybe("decay_type")?.GetString() ?? "cosine", MinLrRatio = Optional("min_lr_ratio") ?? 0,
        };
        var rate = Schedules.Create(s.Text("name"), s.Number("base_lr"), warmup, total, options);
        return [.. Enumerable.Range(0, count).Select(t => rate(t))];
    }

    private static double[] Plateau(JsonElement s)
    {
        var k = s.GetProperty("kwargs");
        var options = new PlateauOptions(
            k.Maybe("mode")?.GetString() ?? "min", k.Number("factor", .1), (int)k.Number("patience", 10), k.Number("threshold", 1e-4),
            k.Maybe("threshold_mode")?.GetString() ?? "rel", (int)k.Number("cooldown", 0), k.Number("min_lr", 0), k.Number("eps", 1e-8));
        var schedule = new PlateauSchedule(s.Number("base_lr"), options);
        return [.. s.Numbers("metrics").Select(m =>
        {
            // A resume in between must change nothing.
            schedule = new PlateauSchedule(s.Number("base_lr"), options) { State = schedule.State };
            return schedule.Observe(m);
        })];
    }
}
