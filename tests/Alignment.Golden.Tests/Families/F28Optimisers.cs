using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F28Optimisers : IGoldenCheck
{
    public string Family => "F28";

    public void Check(GoldenCase c)
    {
        if (c.Name == "inputs")
        {
            Inputs(c);
        }
        else if (c.Json.TryGetProperty("bound_max_abs", out _))
        {
            EightBit(c);
        }
        else
        {
            Trajectory(c);
        }
    }

    private static void Inputs(GoldenCase c)
    {
        foreach (var p in c.Json.GetProperty("params").EnumerateObject())
        {
            Expect.Equal<long>($"{p.Name} shape", c.Tensors.Shape($"in.param.{p.Name}"), [.. p.Value.EnumerateArray().Select(x => x.GetInt64())]);
            Expect.Equal($"{p.Name} steps", c.Tensors.Shape($"in.grad.{p.Name}")[0], c.Json.GetProperty("steps").GetInt64());
        }
    }

    private static void Trajectory(GoldenCase c)
    {
        var muon = c.Json.Text("optimiser").StartsWith("muon", StringComparison.Ordinal);
        Run(c, ScalarType.Float64, "out64.", expected => muon ? 1e-9 : Scaled(c, expected, "fp64_rel"));
        if (c.Tensors.Names.Any(n => n.StartsWith("out32.", StringComparison.Ordinal)))
        {
            Run(c, ScalarType.Float32, "out32.", expected => muon ? c.Json.Number("tolerance_abs") : Scaled(c, expected, "fp32_rel_to_largest"));
        }
    }

    private static double Scaled(GoldenCase c, double[] expected, string tolerance) => c.Family.Tolerance(tolerance) * expected.Max(Math.Abs);

    private static void Run(GoldenCase c, ScalarType type, string prefix, Func<double[], double> bound)
    {
        var inputs = c.Family.Cases.Single(x => x.Name == "inputs").Tensors;
        var all = c.Tensors.Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Select(n => n[prefix.Length..]).ToDictionary(n => n, n => inputs.Leaf($"in.param.{n}", type));
        var options = c.Json.GetProperty("options");
        IReadOnlyList<ParameterGroup> groups = c.Json.TryGetProperty("groups", out var listed)
            ? [.. listed.EnumerateArray().Select(g => new ParameterGroup([.. g.GetProperty("params").EnumerateArray().Select(n => (n.GetString()!, all[n.GetString()!]))], g.Number("weight_decay")))]
            : [new ParameterGroup([.. all.Select(p => (p.Key, p.Value))], options.Number("weight_decay", 0))];
        var rates = c.Json.GetProperty("lr").EnumerateArray().Select(x => x.ValueKind == JsonValueKind.Null ? double.NaN : x.GetDouble()).ToArray();
        using var optimiser = OptimiserCases.Create(c.Json.Text("optimiser"), options, groups);
        using var average = c.Json.Maybe("ema_decay") is { } decay ? new ExponentialMovingAverage([.. all.Select(p => (p.Key, p.Value))], decay.Number()) : null;
        for (var t = 0; t < rates.Length; t++)
        {
            foreach (var (n, p) in all)
            {
                p.grad = inputs.Tensor($"in.grad.{n}").select(0, t).to_type(type).clone();
            }

            if (c.Json.Maybe("clip_norm") is { } max)
            {
                var norm = GradientClipping.ByGlobalNorm([.. all.Values], max.Number());
                Expect.Close($"norm {t}", norm, c.Json.Numbers("total_norms")[t], 0, type == ScalarType.Float64 ? 1e-12 : 1e-6);
            }

            optimiser.Step(rates[t]);
            average?.Update();
            foreach (var (n, p) in all)
            {
                Close($"{prefix}{n} after step {t + 1}", p, c.Tensors.Row(prefix + n, t), bound);
                if (average is not null)
                {
                    Close($"out.ema.{n} after step {t + 1}", average.Shadows[n], c.Tensors.Row($"out.ema.{n}", t), bound);
                }
            }
        }

        if (type == ScalarType.Float64)
        {
            States(c, optimiser);
        }
    }

    private static void Close(string what, Tensor actual, double[] expected, Func<double[], double> bound) =>
        Expect.Close(what, Expect.Values(actual), expected, bound(expected));

    private static void States(GoldenCase c, IOptimizer optimiser)
    {
        var state = optimiser.ExportState();
        foreach (var name in c.Tensors.Names.Where(n => n.StartsWith("state.", StringComparison.Ordinal)))
        {
            var key = name["state.".Length..];
            LossCases.Wrong(!state.TryGetValue(key, out var actual), $"no state {key}; there are {string.Join(", ", state.Keys)}");
            Close(name, actual!, c.Tensors.Doubles(name), expected => Scaled(c, expected, "fp64_rel"));
        }
    }

    private static void EightBit(GoldenCase c)
    {
        var j = c.Json;
        var n = (int)j.Number("elements");
        var rates = j.Numbers("lr");
        var exact = Walk(groups => new AdamW(groups, EightBitOptions(j)), c, rates, n, out _);
        var coded = Walk(groups => OptimiserCases.Create(j.Text("optimiser"), j.GetProperty("options"), groups), c, rates, n, out var bytes);
        LossCases.Near("exact trajectory", exact[^1], c.Tensors.Doubles("out32.after20"), 2e-6);
        Expect.Equal("state bytes", bytes, (long)j.Number("state_bytes"));
        var largest = exact.Zip(coded).Max(s => s.First.Zip(s.Second).Max(x => Math.Abs(x.First - x.Second)));
        var mean = exact[^1].Zip(coded[^1]).Average(x => Math.Abs(x.First - x.Second));
        LossCases.Wrong(largest > j.Number("bound_max_abs"), $"8-bit trajectory leaves the exact one by {largest}");
        LossCases.Wrong(mean > j.Number("bound_mean_abs_after_20"), $"8-bit trajectory leaves the exact one by {mean} on average");
    }

    private static AdamOptions EightBitOptions(JsonElement j)
    {
        var o = j.GetProperty("options");
        return new(o.Numbers("betas")[0], o.Numbers("betas")[1], o.Number("eps"));
    }

    private static List<double[]> Walk(Func<IReadOnlyList<ParameterGroup>, IOptimizer> create, GoldenCase c, double[] rates, int n, out long bytes)
    {
        var p = c.Tensors.Leaf("in.param", ScalarType.Float32);
        using var optimiser = create([new([("p", p)], c.Json.GetProperty("options").Number("weight_decay"))]);
        var steps = new List<double[]>();
        for (var t = 1; t <= rates.Length; t++)
        {
            // The case gives its gradient as a formula.
            p.grad = torch.tensor([.. Enumerable.Range(0, n).Select(k => (float)(.1 * Math.Sin(.37 * t * (k + 1)) * Math.Cos((.05 * k) + t)))]);
            optimiser.Step(rates[t - 1]);
            steps.Add(Expect.Values(p));
        }

        bytes = optimiser is AdamW8Bit small ? small.StateBytes : 0;
        return steps;
    }
}
