using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Optimization;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F28Optimisers : IGoldenCheck
{
    public string Family => "F28";

    public void Check(GoldenCase c)
    {
        switch (c.Name)
        {
            case "inputs": Inputs(c); break;
            case "ema": throw new UnsupportedCaseException("exponential moving average");
            case "adam8bit-bound": throw new UnsupportedCaseException("8-bit Adam");
            default: Trajectory(c); break;
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
        if (!c.Json.TryGetProperty("groups", out _))
        {
            throw new UnsupportedCaseException(c.Json.Text("optimiser"));
        }

        Run(c, ScalarType.Float64, "out64.", (actual, expected) => Scaled(actual, expected, c.Family.Tolerance("fp64_rel")));
        Run(c, ScalarType.Float32, "out32.", (actual, expected) => Scaled(actual, expected, c.Family.Tolerance("fp32_rel_to_largest")));
    }

    private static double Scaled(double[] _, double[] expected, double tolerance) => tolerance * expected.Max(Math.Abs);

    private static void Run(GoldenCase c, ScalarType type, string prefix, Func<double[], double[], double> bound)
    {
        var inputs = c.Family.Cases.Single(x => x.Name == "inputs").Tensors;
        var groups = new List<ParameterGroup>();
        var all = new Dictionary<string, Tensor>();
        foreach (var g in c.Json.GetProperty("groups").EnumerateArray())
        {
            var names = g.GetProperty("params").EnumerateArray().Select(n => n.GetString()!).Where(n => c.Tensors.Has(prefix + n)).ToList();
            foreach (var n in names)
            {
                all[n] = inputs.Leaf($"in.param.{n}", type);
            }

            groups.Add(new([.. names.Select(n => (n, all[n]))], g.Number("weight_decay")));
        }

        var rates = c.Json.GetProperty("lr").EnumerateArray().Select(x => x.ValueKind == JsonValueKind.Null ? double.NaN : x.GetDouble()).ToArray();
        var expectedNorms = c.Json.Maybe("total_norms")?.Numbers();
        using var optimiser = OptimiserCases.Create(c.Json.Text("optimiser"), c.Json.GetProperty("options"), groups);
        for (var t = 0; t < rates.Length; t++)
        {
            foreach (var (n, p) in all)
            {
                p.grad = inputs.Tensor($"in.grad.{n}").select(0, t).to_type(type).clone();
            }

            if (c.Json.Maybe("clip_norm") is { } max)
            {
                var norm = GradientClipping.ByGlobalNorm([.. all.Values], max.Number());
                Expect.Close($"norm {t}", norm, expectedNorms![t], 0, 1e-6);
            }

            optimiser.Step(rates[t]);
            foreach (var (n, p) in all)
            {
                var expected = c.Tensors.Row(prefix + n, t);
                var actual = Expect.Values(p);
                Expect.Close($"{prefix}{n} after step {t + 1}", actual, expected, bound(actual, expected));
            }
        }

        if (type == ScalarType.Float64)
        {
            States(c, optimiser);
        }
    }

    private static void States(GoldenCase c, IOptimizer optimiser)
    {
        var state = optimiser.ExportState();
        foreach (var name in c.Tensors.Names.Where(n => n.StartsWith("state.", StringComparison.Ordinal)))
        {
            var key = name["state.".Length..];
            LossCases.Wrong(!state.TryGetValue(key, out var actual), $"no state {key}; there are {string.Join(", ", state.Keys)}");
            var expected = c.Tensors.Doubles(name);
            Expect.Close(name, Expect.Values(actual!), expected, c.Family.Tolerance("fp64_rel") * expected.Max(Math.Abs));
        }
    }
}
