using System.Text.Json;
using Alignment.Evaluation.Recipes;
using Alignment.Golden.Tests.Families.Training;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Data;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>
/// One optimiser step over the same rows in several splits. Gradients are read back from Adam's first moment after the first step,
/// m = (1 − β₁)·g, so that the whole loop is under test.
/// </summary>
public sealed class F34AccumulationEquivalence : IGoldenCheck
{
    private const double Equivalent = 1e-6;

    public string Family => "F34";

    public void Check(GoldenCase c)
    {
        if (!c.Json.TryGetProperty("trainer", out _))
        {
            if (c.Json.TryGetProperty("models", out _))
            {
                Untrained(c);
            }
            else
            {
                Summary(c);
            }

            return;
        }

        var o = c.Json.GetProperty("out");
        var gradients = new Dictionary<string, Dictionary<string, double[]>>();
        foreach (var split in o.GetProperty("splits").EnumerateObject())
        {
            Split(c, split.Name, split.Value, ScalarType.Float32, c.Family.Tolerance("loss_abs"), 0, c.Family.Tolerance("grad_rel_l2"));
            gradients[split.Name] = Split(c, split.Name, split.Value.GetProperty("fp64"), ScalarType.Float64, 0, c.Family.Tolerance("fp64_loss_rel"), c.Family.Tolerance("fp64_grad_rel_l2"));
        }

        var first = gradients.First().Value;
        var largest = 0.0;
        foreach (var split in o.GetProperty("splits").EnumerateObject())
        {
            var difference = RelativeDifference(gradients[split.Name], first);
            largest = Math.Max(largest, difference);
            Expect.Close($"{split.Name} difference", difference, split.Value.GetProperty("relative_gradient_difference_to_1x8_fp64").GetDouble(), Equivalent);
        }

        Expect.Equal("equivalent", largest < Equivalent, o.GetProperty("equivalent").GetBoolean());
        Expect.Close("largest difference", largest, o.GetProperty("largest_relative_gradient_difference_fp64").GetDouble(), Equivalent);
    }

    /// <summary>Checks one split; returns its gradients.</summary>
    private static Dictionary<string, double[]> Split(GoldenCase c, string split, JsonElement expected, ScalarType dtype, double lossAbs, double lossRel, double gradient)
    {
        var sizes = split.Split('x').Select(int.Parse).ToArray();
        var run = TrainingCases.Run(c, dtype, ("gradient_accumulation", sizes[0]), ("batch_size", sizes[1]), ("max_steps", 1), ("schedule", "constant"), ("max_grad_norm", 0), ("adam_beta1", 0.5));
        var values = run.Metrics.Steps[0].Values;
        // Terms of order one that cancel leave their last bits.
        Expect.Close($"{split} {dtype} loss", values["loss"], expected.GetProperty("loss").GetDouble(), Math.Max(lossAbs, 1e-14), lossRel);
        Expect.Close($"{split} {dtype} grad_norm", values["grad_norm"], expected.GetProperty("grad_norm").GetDouble(), 0, gradient);

        // β₁ = ½ makes 1 − β₁ exact in any precision.
        var gradients = run.FirstMoments.ToDictionary(m => m.Key, m => Array.ConvertAll(m.Value, x => x * 2));
        var whole = expected.GetProperty("grad_norm").GetDouble();
        foreach (var p in expected.GetProperty("parameter_gradient_l2_norms").EnumerateObject())
        {
            var norm = gradients.TryGetValue(p.Name, out var g) ? Math.Sqrt(g.Sum(x => x * x)) : 0;
            Expect.Close($"{split} {dtype} {p.Name}", norm, p.Value.GetDouble(), gradient * whole);
        }

        return gradients;
    }

    private static double RelativeDifference(Dictionary<string, double[]> a, Dictionary<string, double[]> b)
    {
        double difference = 0, norm = 0;
        foreach (var (name, values) in b)
        {
            difference += values.Zip(a[name], (x, y) => (x - y) * (x - y)).Sum();
            norm += values.Sum(x => x * x);
        }

        return Math.Sqrt(difference / norm);
    }

    /// <summary>Which trainers may be split as one likes: run again in double precision, case by case.</summary>
    private static void Summary(GoldenCase c)
    {
        foreach (var trainer in c.Json.GetProperty("equivalent").EnumerateObject())
        {
            var named = CaseOf(c, trainer.Name);
            var gradients = named.Json.GetProperty("out").GetProperty("splits").EnumerateObject()
                .Select(s => Split(named, s.Name, s.Value.GetProperty("fp64"), ScalarType.Float64, 0, c.Family.Tolerance("fp64_loss_rel"), c.Family.Tolerance("fp64_grad_rel_l2"))).ToList();
            Expect.Equal(trainer.Name, gradients.All(g => RelativeDifference(g, gradients[0]) < Equivalent), trainer.Value.GetBoolean());
        }
    }

    /// <summary>The case that the summary means: by name, or by what the short names of supervised and reward training leave out.</summary>
    private static GoldenCase CaseOf(GoldenCase c, string name)
    {
        var trained = c.Family.Cases.Where(x => x.Json.TryGetProperty("trainer", out _)).ToList();
        var spelled = name.Replace('_', '-');
        bool Sft(GoldenCase x, bool completionOnly) => x.Name.StartsWith("sft", StringComparison.Ordinal)
            && x.Json.GetProperty("configuration") is var k && !k.TryGetProperty("loss_type", out _) && k.GetProperty("completion_only_loss").GetBoolean() == completionOnly;
        return trained.FirstOrDefault(x => x.Name == spelled) ?? trained.FirstOrDefault(x => spelled switch
        {
            "sft" => Sft(x, completionOnly: true),
            "sft-full" => Sft(x, completionOnly: false),
            _ => x.Name.StartsWith(spelled + "-", StringComparison.Ordinal),
        }) ?? throw new UnsupportedCaseException($"the summary names {name}, which no case is");
    }

    /// <summary>Row sums of −log p, and what dividing by micro-batch would wrongly give.</summary>
    private static void Untrained(GoldenCase c)
    {
        using var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("models").GetProperty("policy").GetString()!), ScalarType.Float64);
        static int[] Ids(JsonElement r, string n) => [.. r.GetProperty(n).EnumerateArray().Select(x => x.GetInt32())];
        var rows = c.Json.GetProperty("in").GetProperty("rows").EnumerateArray().Select(r => new TokenRow(Ids(r, "input_ids"), [.. Ids(r, "completion_mask").Select(x => x == 1)])).ToList();
        var sums = PerplexityRecipe.Score(model, rows, 0, rows.Count, CancellationToken.None);
        var o = c.Json.GetProperty("out");
        var rel = c.Family.Tolerance("fp64_loss_rel");
        foreach (var (expected, i) in o.GetProperty("rows").EnumerateArray().Select((r, i) => (r, i)))
        {
            Expect.Close($"row {i}", sums[i], expected.GetProperty("nll_sum").GetDouble(), 0, rel);
            Expect.Equal($"row {i} tokens", rows[i].Targets, expected.GetProperty("tokens").GetInt32());
        }

        Expect.Close("token mean", sums.Sum() / rows.Sum(r => r.Targets), o.GetProperty("token_mean_of_the_step").GetDouble(), 0, rel);
        foreach (var split in o.GetProperty("mean_of_micro_batch_means_which_is_wrong").EnumerateObject())
        {
            var size = int.Parse(split.Name.Split('x')[1]);
            var naive = Enumerable.Range(0, rows.Count).Chunk(size).Average(m => m.Sum(i => sums[i]) / m.Sum(i => rows[i].Targets));
            Expect.Close(split.Name, naive, split.Value.GetDouble(), 0, rel);
        }
    }
}
