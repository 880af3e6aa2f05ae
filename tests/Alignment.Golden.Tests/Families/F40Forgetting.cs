using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Forgetting;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

public sealed class F40Forgetting : IGoldenCheck
{
    public string Family => "F40";

    public void Check(GoldenCase c)
    {
        var j = c.Json;
        if (j.Has("fisher"))
        {
            LanguageFisher(c);
        }
        else if (j.Has("gamma"))
        {
            F40Fisher.Check(c);
        }
        else if (j.Has("shared"))
        {
            F40Fisher.L2Sp(c);
        }
        else if (j.Has("policy_model"))
        {
            LanguageKl(c);
        }
        else if (j.Has("tensors"))
        {
            F40Merging.Check(c);
        }
        else if (j.Has("cases"))
        {
            Kl(c);
        }
        else
        {
            throw new UnsupportedCaseException($"{c.Name}: none of the known kinds");
        }
    }

    private static void Kl(GoldenCase c)
    {
        var rel = c.Family.Tolerance("fp64_rel");
        foreach (var k in c.Json.Items("cases"))
        {
            using var scope = torch.NewDisposeScope();
            var key = k.Text("key");
            var policy = c.Tensors.Tensor("in.policy_logits").requires_grad_(true);
            var reference = c.Tensors.Tensor("in.ref_logits");
            var (temperature, scale) = (k.Number("temperature"), k.GetProperty("scale_t2").GetBoolean());
            var each = NeutralKl.PerPosition(policy, reference, Direction(k.Text("kind")), temperature, scale);
            Expect.Close($"{key} kl", each, c.Tensors, $"out.kl.{key}", rel, rel);
            var mean = NeutralKl.Mean(policy, reference, c.Tensors.Tensor("in.mask"), Direction(k.Text("kind")), temperature, scale);
            Expect.Close($"{key} mean", Expect.Values(mean), [k.Number("mean")], 0, rel);
            mean.backward();
            Expect.Close($"{key} gradient", policy.grad!, c.Tensors, $"out.grad.{key}", rel, rel);
        }
    }

    private static void LanguageKl(GoldenCase c)
    {
        var rel = c.Family.Tolerance("lm_rel");
        using var policy = Model(c, "policy_model");
        using var reference = Model(c, "reference_model");
        var (ids, mask) = (Ids(c.Json.GetProperty("input_ids")), Ids(c.Json.GetProperty("attention_mask")));
        foreach (var output in c.Json.GetProperty("outputs").EnumerateObject())
        {
            policy.zero_grad();
            Tensor theirs;
            using (no_grad())
            {
                theirs = reference.Forward(ids, mask);
            }

            var logits = policy.Forward(ids, mask);
            var expected = output.Value;
            if (expected.Maybe("per_position_row0") is { } row)
            {
                var each = Expect.Values(NeutralKl.PerPosition(logits, theirs, Direction(output.Name)).select(0, 0));
                Expect.Close($"{output.Name} row 0", each.AsSpan(0, row.GetArrayLength()), row.Numbers(), rel * 1e-3, rel);
            }

            var mean = NeutralKl.Mean(logits, theirs, mask, Direction(output.Name));
            Expect.Close($"{output.Name} mean", Expect.Values(mean), [expected.Number("mean")], 0, rel);
            mean.backward();
            var gradients = policy.named_parameters().ToDictionary(p => p.name, p => p.parameter.Gradient());
            foreach (var p in expected.GetProperty("grad").EnumerateObject())
            {
                var g = Named(gradients, p.Name);
                var norm = p.Value.Number("norm");
                Expect.Close($"{output.Name} {p.Name} norm", [Math.Sqrt(g.Sum(x => x * x))], [norm], 0, rel);
                Expect.Close($"{output.Name} {p.Name}", g.AsSpan(0, p.Value.Numbers("first8").Length), p.Value.Numbers("first8"), rel * norm * 1e-2, rel);
            }
        }
    }

    private static void LanguageFisher(GoldenCase c)
    {
        var rel = c.Family.Tolerance("lm_rel");
        using var model = Model(c, "model");
        using var theta = Model(c, "theta_model");
        var lengths = c.Json.Ints("lengths");
        var rows = c.Json.GetProperty("input_ids").EnumerateArray().Select((r, i) => r.Ints()[..lengths[i]]).ToList();
        for (var i = 0; i < rows.Count; i++)
        {
            using var scope = torch.NewDisposeScope();
            Expect.Close($"log-prob {i}", Expect.Values(SequenceLikelihood.LogProb(model, rows[i])), [c.Json.GetProperty("sequence_logps")[i].Number()], 0, rel);
        }

        var named = model.named_parameters().ToList();
        var anchors = named.Select(p => (Tensor)p.parameter).ToList();
        var fisher = DiagonalFisher.Empirical(anchors, rows.Count, i => SequenceLikelihood.LogProb(model, rows[i]));
        var there = theta.named_parameters().ToDictionary(p => p.name, p => (Tensor)p.parameter);
        var now = named.Select(p => there[p.name]).ToList();
        var penalty = QuadraticPenalties.Ewc(now, [.. anchors.Select(a => a.detach())], fisher, c.Json.Number("lambda"));
        Expect.Close("ewc_penalty", Expect.Values(penalty), [c.Json.Number("ewc_penalty")], 0, rel);
        penalty.backward();
        Expect.Close("total_fisher", fisher.Sum(f => Expect.Values(f).Sum()), c.Json.Number("total_fisher"), 0, rel);
        var byName = named.Select((p, i) => (p.name, Fisher: Expect.Values(fisher[i]), Gradient: now[i].Gradient())).ToDictionary(x => x.name);
        foreach (var p in c.Json.GetProperty("fisher").EnumerateObject())
        {
            var (_, f, g) = Named(byName, p.Name);
            var first = p.Value.Numbers("first8");
            Expect.Close($"{p.Name} sum", f.Sum(), p.Value.Number("sum"), 0, rel);
            Expect.Close($"{p.Name} max", f.Max(), p.Value.Number("max"), 0, rel);
            Expect.Close($"{p.Name} first", f.AsSpan(0, first.Length), first, rel * 1e-4 * p.Value.Number("max"), rel);
            Expect.Close($"{p.Name} EWC gradient", Math.Sqrt(g.Sum(x => x * x)), p.Value.Number("ewc_grad_norm"), 0, rel);
        }
    }

    internal static T Named<T>(Dictionary<string, T> all, string name) =>
        all.TryGetValue(name, out var value) ? value : throw new GoldenMismatchException($"no parameter {name}");

    private static CausalModel Model(GoldenCase c, string key) => CheckpointReader.LoadCausal(c.ModelFolder(c.Json.Text(key)), ScalarType.Float64);

    private static Tensor Ids(JsonElement rows)
    {
        var all = rows.EnumerateArray().Select(r => r.Ints().Select(x => (long)x).ToArray()).ToArray();
        return tensor(all.SelectMany(x => x).ToArray(), [all.Length, all[0].Length]);
    }

    private static KlDirection Direction(string kind) => kind switch
    {
        "forward" => KlDirection.Forward,
        "reverse" => KlDirection.Reverse,
        "js" => KlDirection.Js,
        _ => throw new UnsupportedCaseException($"KL kind {kind}"),
    };
}
