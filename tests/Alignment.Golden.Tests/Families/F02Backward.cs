using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F02: gradients of the mean label loss with respect to every parameter, fp32 and fp64.</summary>
internal sealed class F02Backward : IGoldenCheck
{
    public string Family => "F02";

    public void Check(GoldenCase c)
    {
        foreach (var dtype in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
        {
            using var scope = torch.NewDisposeScope();
            Check(c, dtype);
        }
    }

    /// <summary>−mean log p of the labels that are not −100, each predicted from the position before it.</summary>
    internal static Tensor Loss(Tensor logits, Tensor labels)
    {
        var length = logits.shape[1];
        return nn.functional.cross_entropy(logits.narrow(1, 0, length - 1).reshape(-1, logits.shape[2]), labels.narrow(1, 1, length - 1).reshape(-1), ignore_index: -100);
    }

    private static void Check(GoldenCase c, ScalarType dtype)
    {
        using var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("model").GetString()!), dtype);
        var wide = dtype == ScalarType.Float64;
        var loss = Loss(model.Forward(c.Tensors.Tensor("in.input_ids"), c.Tensors.Tensor("in.attention_mask"), c.Tensors.Tensor("in.position_ids")), c.Tensors.Tensor("in.labels"));
        Expect.Close("loss", Expect.Values(loss)[0], c.Json.GetProperty(wide ? "loss_mean_fp64" : "loss_mean_fp32").GetDouble(), wide ? 1e-10 : 1e-5);
        loss.backward();
        var rel = c.Family.Tolerance(wide ? "fp64_rel_l2" : "fp32_rel_l2");
        var total = c.Json.GetProperty("grad_norm").GetDouble();
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        Expect.Equal("parameters", parameters.Count, c.Json.GetProperty("gradients").GetArrayLength());
        double squares = 0;
        foreach (var g in c.Json.GetProperty("gradients").EnumerateArray())
        {
            var name = g.GetProperty("name").GetString()!;
            var gradient = (parameters.TryGetValue(name, out var p) ? p.grad : null) ?? throw new GoldenMismatchException($"{name} has no gradient.");
            Expect.Equal<long>($"{name} shape", gradient.shape, [.. g.GetProperty("shape").EnumerateArray().Select(s => s.GetInt64())]);
            var values = Expect.Values(gradient);
            squares += values.Sum(v => v * v);
            Compare(name, values, g, rel, wide ? 1e-14 * total : 1e-7 * total, c.Family.Tolerance("dot_cos_abs_over_l2"), wide);
            if (c.Tensors.Has("out.grad." + name))
            {
                Expect.RelativeL2(name, values, c.Tensors.Doubles("out.grad." + name), Math.Max(rel, 1e-7));
            }
        }

        Expect.Close("grad_norm", Math.Sqrt(squares), total, 0, rel);
    }

    /// <summary>Tolerances relative to the gradient's norm; <paramref name="floor"/> for gradients that are zero but for rounding.</summary>
    private static void Compare(string name, double[] values, System.Text.Json.JsonElement g, double rel, double floor, double dotTolerance, bool wide)
    {
        var l2 = g.GetProperty("l2").GetDouble();
        var allowed = (rel * l2) + floor;
        Expect.Close($"{name} l2", Math.Sqrt(values.Sum(v => v * v)), l2, allowed);
        Expect.Close($"{name} sum", values.Sum(), g.GetProperty("sum").GetDouble(), allowed * Math.Sqrt(values.Length));
        var first = g.GetProperty("first8").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        Expect.Close($"{name} first8", values.AsSpan(0, first.Length), first, allowed);
        Expect.Close($"{name} largest", values[g.GetProperty("largest_index").GetInt32()], g.GetProperty("largest").GetDouble(), allowed);
        var dot = values.Select((v, i) => v * Math.Cos(i)).Sum();
        Expect.Close($"{name} dot_cos", dot, g.GetProperty("dot_cos").GetDouble(), ((wide ? 1e-7 : dotTolerance) * l2) + (floor * Math.Sqrt(values.Length)));
    }
}
