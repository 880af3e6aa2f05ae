using System.Globalization;
using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F36: rounding to 16 bits is exact; bf16 models and bf16 compute over fp32 masters stay within the measured bounds and are not vacuous.</summary>
internal sealed class F36Bf16 : IGoldenCheck
{
    public string Family => "F36";

    public void Check(GoldenCase c)
    {
        if (c.Json.TryGetProperty("cases", out var patterns))
        {
            CheckRounding(patterns);
            return;
        }

        using var exact = Run(c, ScalarType.Float64, null);
        var labels = LabelLogProbs(exact.Logits, c.Tensors.Tensor("in.labels"));
        Expect.Close("label_logps_fp64", labels, c.Tensors, "out.label_logps_fp64", 1e-9);
        foreach (var mode in c.Json.GetProperty("bounds").EnumerateObject())
        {
            using var scope = torch.NewDisposeScope();
            using var run = mode.Name switch
            {
                "pure_bf16" => Run(c, ScalarType.BFloat16, null),
                "autocast" => Run(c, ScalarType.Float32, ScalarType.BFloat16),
                _ => throw new UnsupportedCaseException($"mode {mode.Name}"),
            };
            Compare(c, mode.Name, mode.Value, run, exact);
        }
    }

    private static void Compare(GoldenCase c, string mode, JsonElement bounds, Outcome run, Outcome exact)
    {
        var real = c.Tensors.Tensor("in.attention_mask").ne(0);
        Tensor Difference(Tensor a, Tensor b) => a.to_type(ScalarType.Float64).sub(b).abs();
        var logits = Difference(run.Logits, exact.Logits).masked_select(real.unsqueeze(-1).expand(exact.Logits.shape));
        AtMost($"{mode} logits_max_abs", logits.max(), bounds.GetProperty("logits_max_abs"));
        AtMost($"{mode} logits_mean_abs", logits.mean(), bounds.GetProperty("logits_mean_abs"));
        if (c.Json.GetProperty("vacuous_below").TryGetProperty(mode, out var least) && logits.mean().item<double>() < least.GetDouble())
        {
            throw new GoldenMismatchException($"{mode}: mean difference {logits.mean().item<double>()} is below {least.GetDouble()}: nothing was computed in bfloat16.");
        }

        var labels = c.Tensors.Tensor("in.labels");
        AtMost($"{mode} label_logps_max_abs", Difference(LabelLogProbs(run.Logits, labels), LabelLogProbs(exact.Logits, labels)).max(), bounds.GetProperty("label_logps_max_abs"));
        AtMost($"{mode} loss_abs", Difference(run.Loss, exact.Loss), bounds.GetProperty("loss_abs"));
        var hidden = bounds.GetProperty("hidden_rel_l2");
        for (var i = 0; i < hidden.GetArrayLength(); i++)
        {
            var keep = real.unsqueeze(-1).expand(exact.States[i].shape);
            AtMost($"{mode} hidden_rel_l2[{i}]", Relative([run.States[i].masked_select(keep)], [exact.States[i].masked_select(keep)]), hidden[i]);
        }

        AtMost($"{mode} grad_rel_l2", Relative(run.Gradients, exact.Gradients), bounds.GetProperty("grad_rel_l2"));
        var worst = run.Gradients.Zip(exact.Gradients).Where(p => p.Second.norm().item<double>() > 1e-6).Max(p => Relative([p.First], [p.Second]).item<double>());
        AtMost($"{mode} grad_rel_l2_worst", torch.tensor(worst), bounds.GetProperty("grad_rel_l2_worst"));
    }

    private static Tensor Relative(IReadOnlyList<Tensor> actual, IReadOnlyList<Tensor> exact)
    {
        double difference = 0, norm = 0;
        for (var i = 0; i < exact.Count; i++)
        {
            difference += actual[i].to_type(ScalarType.Float64).sub(exact[i]).square().sum().item<double>();
            norm += exact[i].square().sum().item<double>();
        }

        return torch.tensor(norm == 0 ? Math.Sqrt(difference) : Math.Sqrt(difference / norm));
    }

    private static void AtMost(string what, Tensor value, JsonElement bound)
    {
        if (!(Expect.Values(value)[0] <= bound.GetDouble()))
        {
            throw new GoldenMismatchException(string.Create(CultureInfo.InvariantCulture, $"{what} = {Expect.Values(value)[0]:E3}, allowed {bound.GetDouble():E3}."));
        }
    }

    private static Tensor LabelLogProbs(Tensor logits, Tensor labels)
    {
        var length = labels.shape[1];
        var shifted = labels.narrow(1, 1, length - 1);
        var type = logits.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var picked = logits.to_type(type).narrow(1, 0, length - 1).log_softmax(-1).gather(2, shifted.clamp_min(0).unsqueeze(-1)).squeeze(-1).mul(shifted.ne(-100).to_type(type));
        return torch.cat([torch.zeros([labels.shape[0], 1], type), picked], 1);
    }

    private static Outcome Run(GoldenCase c, ScalarType weights, ScalarType? compute)
    {
        var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("model").GetString()!), weights);
        model.ComputeIn(compute);
        var (ids, mask, positions) = (c.Tensors.Tensor("in.input_ids"), c.Tensors.Tensor("in.attention_mask"), c.Tensors.Tensor("in.position_ids"));
        var states = model.HiddenStates(ids, mask, positions);
        var logits = model.Head(states[^1]);
        var loss = F02Backward.Loss(weights == ScalarType.Float64 ? logits : logits.to_type(ScalarType.Float32), c.Tensors.Tensor("in.labels"));
        loss.backward();
        return new(model, logits.detach(), loss.detach(), [.. states.Select(s => s.detach())], [.. model.parameters().Select(p => p.grad!)]);
    }

    private static void CheckRounding(JsonElement patterns)
    {
        var rows = patterns.EnumerateArray().ToList();
        var source = rows.Select(r => BitConverter.UInt32BitsToSingle(uint.Parse(r.GetProperty("float32").GetString()!, NumberStyles.HexNumber))).ToArray();
        var file = Path.GetTempFileName();
        try
        {
            foreach (var (type, key) in new[] { (ScalarType.BFloat16, "bfloat16"), (ScalarType.Float16, "float16") })
            {
                SafeTensorsWriter.Write(file, [("x", torch.tensor(source))], type);
                using var read = SafeTensorsFile.Open(file);
                var bits = read.ReadBytes("x");
                for (var i = 0; i < rows.Count; i++)
                {
                    var actual = BitConverter.ToUInt16(bits, 2 * i);
                    if (rows[i].GetProperty("nan").GetBoolean())
                    {
                        var exponent = type == ScalarType.BFloat16 ? 0x7f80 : 0x7c00;
                        Expect.Equal($"{key} of NaN {i}", (actual & exponent) == exponent && (actual & ~exponent & 0x7fff) != 0, true);
                    }
                    else
                    {
                        Expect.Equal($"{key} of {rows[i].GetProperty("float32")}", actual.ToString("x4", CultureInfo.InvariantCulture), rows[i].GetProperty(key).GetString());
                    }
                }
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    private sealed record Outcome(CausalModel Model, Tensor Logits, Tensor Loss, IReadOnlyList<Tensor> States, IReadOnlyList<Tensor> Gradients) : IDisposable
    {
        public void Dispose() => Model.Dispose();
    }
}
