using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Families.Training;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Configuration;
using Alignment.ModelCore.Diagnostics;
using Alignment.ModelCore.Optimization;
using Alignment.ModelCore.Rollouts;
using Alignment.ModelCore.Training;
using Alignment.PolicyOptimization.Recipes.Ppo;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>One whole update of PPO through the product's recipe: rollout quantities, every inner step's losses and gradients, the weights after it.</summary>
public sealed class F18PpoStep : IGoldenCheck
{
    public string Family => "F18";

    public void Check(GoldenCase c)
    {
        Run(c, ScalarType.Float64, c.Json.GetProperty("steps"), c.Json.GetProperty("metrics"), whole: true);
        if (c.Json.TryGetProperty("out_fp32", out var single))
        {
            Run(c, ScalarType.Float32, single.GetProperty("steps"), single.GetProperty("metrics"), whole: false);
        }
    }

    private static void Run(GoldenCase c, ScalarType dtype, JsonElement steps, JsonElement metrics, bool whole)
    {
        using var scope = NewDisposeScope();
        int pad = c.Json.Int("pad_token_id"), end = c.Json.Int("eos_token_id");
        double[][] Rows(string name) => [.. c.Tensors.Doubles(name).Chunk((int)c.Tensors.Shape(name)[1])];
        var trajectories = PpoCase.Trajectories(Rows("in.queries"), Rows("in.responses"), c.Json.TryGetProperty("stop_token", out var s) && s.ValueKind == JsonValueKind.String, pad, end);
        var permutations = Rows("in.permutations");
        var options = Options(c, trajectories.Count);
        using var models = new PpoModels(c, dtype);
        using var state = new PpoState(options);
        var before = models.Named().ToDictionary(p => p.Name, p => p.Value.ToDoubles());
        var tolerance = dtype == ScalarType.Float64 ? 1 : 100;
        var seen = 0;
        var parts = models.Parts(new([trajectories]), state, pad, end) with
        {
            Permutation = (pass, _) => [.. permutations[pass].Select(x => (int)x)],
            BeforeUpdate = u => Step(c, models, u, steps[seen], seen++, whole, tolerance),
        };
        if (whole)
        {
            Rollout(c, parts, options, trajectories);
            state.Dispose();
        }

        using var fresh = new PpoState(options);
        parts = parts with { State = fresh };
        var folder = Directory.CreateTempSubdirectory("golden").FullName;
        try
        {
            var inputs = PpoRecipe.Inputs(options, models.Policy.Trainable(), models.Critic.Trainable(), trajectories.Select(t => t.Prompt.Length), fresh, "data", "model");
            var log = new MemoryMetrics();
            using var run = TrainingRun.Start(options, inputs, TrainingFolders.In(folder), log);
            PpoRecipe.Train(parts, options, run, CancellationToken.None);
            Expect.Equal("updates", seen, steps.GetArrayLength());
            foreach (var m in metrics.EnumerateObject())
            {
                Expect.Close(m.Name, log.Steps[0].Values[m.Name], m.Value.Number(), tolerance * 1e-6, tolerance * 1e-6);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        if (whole)
        {
            Weights(c, models, before);
        }
    }

    private static PpoOptions Options(GoldenCase c, int rows)
    {
        var keys = new JsonObject { ["order"] = "sequential", ["batch_size"] = rows, ["max_steps"] = 1, ["schedule"] = "constant", ["save_every"] = 0, ["log_every"] = 1, ["max_new_tokens"] = c.Tensors.Shape("in.responses")[1] };
        foreach (var (key, value) in PpoCase.Dialect)
        {
            keys[key] = value;
        }

        var names = new PpoCase().Keys;
        foreach (var p in c.Json.GetProperty("options").EnumerateObject().Where(p => p.Value.ValueKind != JsonValueKind.Null))
        {
            var key = names.TryGetValue(p.Name, out var own) ? own : p.Name;
            if (key is not null)
            {
                keys[key] = JsonNode.Parse(p.Value.GetRawText());
            }
        }

        return OptionBinder.Bind<PpoOptions>(keys);
    }

    /// <summary>Before the inner epochs; the library writes 1 into padded log-probs and keeps the responses as they were sampled.</summary>
    private static void Rollout(GoldenCase c, PpoParts parts, PpoOptions options, IReadOnlyList<Trajectory> trajectories)
    {
        var batch = PpoBatch.Of(parts, options, trajectories, CancellationToken.None);
        var tolerance = c.Family.Tolerance("rollout");
        var width = (int)c.Tensors.Shape("in.responses")[1];
        double[] Wide(Tensor t, double fill = 0) => Expect.Values(nn.functional.pad(t, [0, width - batch.Width], value: fill));
        void Near(string name, double[] actual) => Expect.Close(name, actual, c.Tensors.Doubles(name), tolerance);
        var padding = batch.Shaped.ResponseMask.logical_not();
        Near("out.logprobs", Wide(batch.OldLogProbs.masked_fill(padding, 1), 1));
        Near("out.ref_logprobs", Wide(batch.RefLogProbs.masked_fill(padding, 1), 1));
        Near("out.values", Wide(batch.Values));
        Near("out.scores", batch.Scores);
        Near("out.rewards", Wide(batch.Shaped.Rewards));
        Near("out.advantages", Wide(batch.Shaped.Advantages));
        Near("out.returns", Wide(batch.Shaped.Returns));
        Near("out.padding_mask", Wide(padding.to_type(ScalarType.Float64), 1));
        Near("out.sequence_lengths", [.. trajectories.Select(t => t.Response.Length - 1.0)]);
        var pad = c.Json.Int("pad_token_id");
        Near("out.postprocessed_responses", [.. trajectories.SelectMany(t => t.Response.Concat(Enumerable.Repeat(pad, width - t.Response.Length))).Select(x => (double)x)]);
    }

    private static void Step(GoldenCase c, PpoModels models, PpoUpdate update, JsonElement expected, int index, bool whole, double scale)
    {
        var relative = c.Family.Tolerance("losses_relative") * Math.Min(scale, 10);
        void Near(string what, double actual, double value) => Expect.Close($"step {index} {what}", actual, value, relative * Math.Max(.1, Math.Abs(value)));
        Expect.Equal<int>($"step {index} rows", [.. update.Rows], expected.Ints("rows"));
        Near("pg_loss", update.PolicyLoss, expected.Number("pg_loss"));
        Near("vf_loss", update.ValueLoss, expected.Number("vf_loss"));
        Near("loss", update.Loss, expected.Number("loss"));
        Near("policy_grad_norm", GradientClipping.GlobalNorm(models.Policy.Trainable().Select(p => p.Value)), expected.Number("policy_grad_norm"));
        Near("value_grad_norm", GradientClipping.GlobalNorm(models.Critic.Trainable().Select(p => p.Value)), expected.Number("value_grad_norm"));
        if (index == 0 && whole)
        {
            const string First = "out.first_grad.";
            var gradients = models.Named().ToDictionary(p => p.Name, p => p.Value);
            foreach (var name in c.Tensors.Names.Where(n => n.StartsWith(First, StringComparison.Ordinal)))
            {
                Expect.RelativeL2(name, gradients[name[First.Length..]].grad!.ToDoubles(), c.Tensors.Doubles(name), relative);
            }
        }
    }

    private static void Weights(GoldenCase c, PpoModels models, Dictionary<string, double[]> before)
    {
        double relative = c.Family.Tolerance("weights_relative"), change = c.Family.Tolerance("l2_change_relative"), first = c.Json.Number("max_abs_difference_fp32");
        var after = models.Named().ToDictionary(p => p.Name, p => p.Value.ToDoubles());
        foreach (var p in c.Json.GetProperty("parameters").EnumerateObject())
        {
            if (!after.TryGetValue(p.Name, out var now))
            {
                throw new GoldenMismatchException($"no parameter {p.Name}");
            }

            static double Norm(IEnumerable<double> x) => Math.Sqrt(x.Sum(v => v * v));
            Expect.Equal($"{p.Name} size", now.Length, (int)p.Value.GetProperty("shape").Numbers().Aggregate(1.0, (a, b) => a * b));
            Expect.Close($"{p.Name} before", Norm(before[p.Name]), p.Value.Number("l2_before"), 0, relative);
            Expect.Close($"{p.Name} after", Norm(now), p.Value.Number("l2_after"), 0, relative);
            Expect.Close($"{p.Name} change", Norm(now.Zip(before[p.Name], (a, b) => a - b)), p.Value.Number("l2_change"), 0, change);
            var values = p.Value.Numbers("first_8_after");
            Expect.Close($"{p.Name} first values", now.AsSpan(0, values.Length), values, first);
        }

        foreach (var name in c.Tensors.Names.Where(n => n.StartsWith("out.after.", StringComparison.Ordinal)))
        {
            Expect.RelativeL2(name, after[name["out.after.".Length..]], c.Tensors.Doubles(name), relative);
        }
    }
}
