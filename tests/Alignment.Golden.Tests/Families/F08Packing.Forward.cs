using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>Models on packed rows: isolated by positions alone, by an explicit mask, and not at all.</summary>
public sealed partial class F08Packing
{
    static partial void ForwardCase(GoldenCase c, ref bool done)
    {
        done = true;
        foreach (var dtype in (ScalarType[])[ScalarType.Float32, ScalarType.Float64])
        {
            using var scope = torch.NewDisposeScope();
            using var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("model").GetString()!), dtype);
            CheckIsolated(c, model);
            CheckOthers(c, model);
        }
    }

    private static void CheckIsolated(GoldenCase c, CausalModel model)
    {
        var (ids, positions, labels) = (Row(c, "in.input_ids"), Row(c, "in.position_ids"), c.Tensors.Tensor("in.labels"));
        var logits = model.Forward(ids, null, positions);
        Expect.Close("logits", logits.squeeze(0), c.Tensors, "out.logits", c.Family.Tolerance("logits"));
        // Position t predicts t + 1: the label at t + 1 belongs to the logits at t.
        var count = labels.ne(-100).sum().item<long>();
        var output = c.Json.GetProperty("out");
        Expect.Equal("tokens", count, output.GetProperty("tokens").GetInt64());
        var losses = TokenLosses(logits.squeeze(0), labels);
        var loss = losses.sum().div(count);
        Expect.Close("loss", Expect.Values(loss)[0], output.GetProperty("loss").GetDouble(), c.Family.Tolerance("loss"));
        CheckDocuments(c, Expect.Values(losses), Expect.Values(labels));
        loss.backward();
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var g in c.Json.GetProperty("gradients").EnumerateArray())
        {
            var name = g.GetProperty("parameter").GetString()!;
            var values = Expect.Values(parameters[name].grad ?? throw new GoldenMismatchException($"{name} has no gradient."));
            var l2 = g.GetProperty("l2").GetDouble();
            var allowed = (c.Family.Tolerance("gradients_rel") * l2) + 1e-6;
            Expect.Close($"{name} l2", Math.Sqrt(values.Sum(v => v * v)), l2, allowed);
            var first = g.GetProperty("first").EnumerateArray().Select(v => v.GetDouble()).ToArray();
            Expect.Close($"{name} first", values.AsSpan(0, first.Length), first, allowed);
        }

        Expect.Equal("parameters", parameters.Count, c.Json.GetProperty("gradients").GetArrayLength());
    }

    private static void CheckDocuments(GoldenCase c, double[] losses, double[] labels)
    {
        var lengths = c.Json.GetProperty("in").GetProperty("seq_lengths").EnumerateArray().Select(l => l.GetInt32()).ToList();
        var at = 0;
        foreach (var (length, expected) in lengths.Zip(c.Json.GetProperty("out").GetProperty("loss_per_document").EnumerateArray()))
        {
            // losses[t] scores the label at t + 1.
            var range = Enumerable.Range(at, length).Where(t => t > 0 && labels[t] != -100).ToList();
            Expect.Equal("document tokens", range.Count, expected.GetProperty("tokens").GetInt32());
            Expect.Close("document loss", range.Sum(t => losses[t - 1]), expected.GetProperty("nll_sum").GetDouble(), c.Family.Tolerance("loss") * Math.Max(1, range.Count));
            at += length;
        }
    }

    private static void CheckOthers(GoldenCase c, CausalModel model)
    {
        using var none = torch.no_grad();
        var (ids, positions) = (Row(c, "in.input_ids"), Row(c, "in.position_ids"));
        var masked = model.Forward(ids, c.Tensors.Tensor("in.attention_allowed").unsqueeze(0), positions);
        Expect.Close("logits by mask", masked.squeeze(0), c.Tensors, "out.logits", c.Family.Tolerance("logits"));
        var mixed = model.Forward(ids);
        Expect.Close("logits without isolation", mixed.squeeze(0), c.Tensors, "out.logits_without_isolation", c.Family.Tolerance("logits"));
        var labels = c.Tensors.Tensor("in.labels");
        var loss = TokenLosses(mixed.squeeze(0), labels).sum().div(labels.ne(-100).sum());
        Expect.Close("loss without isolation", Expect.Values(loss)[0], c.Json.GetProperty("out").GetProperty("loss_without_isolation").GetDouble(), c.Family.Tolerance("loss"));
    }

    /// <summary>(N, V), (N) → (N − 1); 0 where the label is −100.</summary>
    private static Tensor TokenLosses(Tensor logits, Tensor labels) =>
        nn.functional.cross_entropy(logits.narrow(0, 0, logits.shape[0] - 1), labels.narrow(0, 1, labels.shape[0] - 1), ignore_index: -100, reduction: nn.Reduction.None);

    private static Tensor Row(GoldenCase c, string name) => c.Tensors.Tensor(name).view(1, -1);
}
