using System.Text.Json;
using Alignment.Golden.Tests.Families.Training;
using Alignment.Golden.Tests.Harness;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>Twenty steps of the product's recipes against twenty steps of the public trainers: every logged number and the weights.</summary>
public sealed class F32TrainingCurves : IGoldenCheck
{
    public string Family => "F32";

    public void Check(GoldenCase c)
    {
        var o = c.Json.GetProperty("out");
        var single = TrainingCases.Run(c, ScalarType.Float32);
        Log("fp32", single, o.GetProperty("log"), key => Tolerance(c, key), c.Family.Tolerance("loss_first_step"));
        Parameters(c, single, o);
        var fp64 = c.Family.Tolerance("fp64_run_against_log_fp64");
        var wide = TrainingCases.Run(c, ScalarType.Float64);
        Log("fp64", wide, o.GetProperty("log_fp64"), _ => fp64, fp64);
        foreach (var p in o.GetProperty("final_parameter_l2_norms_fp64").EnumerateObject())
        {
            Near($"fp64 {p.Name} norm", Norm(Parameter(wide, p.Name)), p.Value.GetDouble(), fp64);
        }
    }

    private static double Tolerance(GoldenCase c, string key) => key switch
    {
        "loss" => c.Family.Tolerance("loss"),
        "grad_norm" => c.Family.Tolerance("grad_norm_rel"),
        _ when c.Json.GetProperty("trainer").GetString()!.StartsWith("ppo", StringComparison.OrdinalIgnoreCase) => c.Family.Tolerance("ppo_metrics"),
        _ => c.Family.Tolerance("metrics"),
    };

    private static void Log(string what, TrainedCase run, JsonElement log, Func<string, double> tolerance, double firstLoss)
    {
        foreach (var key in log.EnumerateObject())
        {
            var expected = key.Value.EnumerateArray().ToList();
            Expect.Equal($"{what} steps", run.Metrics.Steps.Count, expected.Count);
            for (var s = 0; s < expected.Count; s++)
            {
                if (expected[s].ValueKind == JsonValueKind.Null)
                {
                    continue;
                }

                if (!run.Metrics.Steps[s].Values.TryGetValue(key.Name, out var actual))
                {
                    throw new GoldenMismatchException($"{what}: the run does not report {key.Name}.");
                }

                Near($"{what} {key.Name} step {s + 1}", actual, expected[s].GetDouble(), s == 0 && key.Name == "loss" ? firstLoss : tolerance(key.Name));
            }
        }
    }

    private static void Parameters(GoldenCase c, TrainedCase run, JsonElement o)
    {
        var rel = c.Family.Tolerance("final_weights_rel_l2");
        foreach (var p in o.GetProperty("final_parameters").EnumerateObject())
        {
            var actual = Parameter(run, p.Name);
            Expect.Equal($"{p.Name} size", (long)actual.Length, p.Value.GetProperty("shape").EnumerateArray().Aggregate(1L, (n, x) => n * x.GetInt64()));
            Near($"{p.Name} norm", Norm(actual), p.Value.GetProperty("l2_norm").GetDouble(), rel);
            double[] first = [.. p.Value.GetProperty("first_values").EnumerateArray().Select(x => x.GetDouble())];
            Expect.Close($"{p.Name} first values", actual.AsSpan(0, first.Length), first, rel);
        }

        foreach (var name in c.Tensors.Names.Where(n => n.StartsWith("out.final.", StringComparison.Ordinal)))
        {
            Expect.RelativeL2(name, Parameter(run, name["out.final.".Length..]), c.Tensors.Doubles(name), rel);
        }
    }

    private static double[] Parameter(TrainedCase run, string name) =>
        run.Parameters.TryGetValue(name, out var values) ? values : throw new GoldenMismatchException($"The run did not train {name}.");

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(x => x * x));

    private static void Near(string what, double actual, double expected, double tolerance) => Expect.Close(what, actual, expected, tolerance * Math.Max(1, Math.Abs(expected)));
}
