using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F27: an adapter over a base in 4 bits: logits, loss, gradients, the base alone, and what a merge writes back.</summary>
internal sealed class F27Qlora : IGoldenCheck
{
    private const string Adapter = "in.adapter.", Checkpoint = "in.checkpoint.";

    public string Family => "F27";

    public void Check(GoldenCase c)
    {
        using var scope = torch.NewDisposeScope();
        using var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("model").GetString()!), ScalarType.Float32);
        var plain = Everywhere(c, model);
        Quantise(c, model);
        var quantised = Quiet(c, model);
        var tolerance = c.Family.Tolerance("logits_abs");
        Expect.Close("logits_base", Kept(c, quantised), Kept(c, c.Tensors.Tensor("out.logits_base")), tolerance);
        Expect.Close("quantisation_error_logits", Largest(Everywhere(c, model).sub(plain)), c.Json.Number("quantisation_error_logits"), 2e-3);

        var tensors = c.Tensors.Names.Where(n => n.StartsWith(Adapter, StringComparison.Ordinal)).ToDictionary(n => n[Adapter.Length..], n => c.Tensors.Tensor(n), StringComparer.Ordinal);
        using var adapter = AdapterBuilder.Attach(model, F24Adapter.Config(c.Json.GetProperty("adapter_config"), "LORA"), tensors);
        var logits = Logits(c, model);
        Expect.Close("logits", Kept(c, logits), Kept(c, c.Tensors.Tensor("out.logits")), tolerance);
        var loss = F02Backward.Loss(logits, c.Tensors.Tensor("in.labels"));
        Expect.Close("loss", Expect.Values(loss)[0], c.Json.Number("loss"), c.Family.Tolerance("loss_abs"));
        loss.backward();
        Gradients(c, model, adapter);
        if (c.Json.TryGetProperty("merge", out var merge))
        {
            Merge(c, model, adapter, merge, quantised);
        }
    }

    /// <summary>Puts the stored layers in, and sees that quantising the model's own weights gives them too.</summary>
    private static void Quantise(GoldenCase c, CausalModel model)
    {
        var stored = c.Json.TryGetProperty("checkpoint_from_case", out var other) ? FixtureTensors.Read(Path.Combine(c.Family.Folder, other.GetString() + ".safetensors")) : c.Tensors;
        var format = new QuantisationFormat(FourBitCode.Named(c.Json.GetProperty("quant_type").GetString()!), c.Json.Int("blocksize"), c.Json.GetProperty("double_quantisation").GetBoolean());
        var layers = model.named_modules().Where(m => m.module is Projection).DistinctBy(m => m.module).ToDictionary(m => m.name, m => (Projection)m.module);
        foreach (var name in c.Json.GetProperty("quantised").EnumerateArray().Select(n => n.GetString()!))
        {
            var weight = (FourBitWeight)(BitsAndBytesLayout.Read(suffix => stored.Has($"{Checkpoint}{name}.{suffix}") ? stored.Tensor($"{Checkpoint}{name}.{suffix}") : null)
                ?? throw new GoldenMismatchException($"{name}: the case holds no quantised weight."));
            using var own = (FourBitWeight)format.Quantise(layers[name].Weight);
            Expect.Equal($"{name} differing bytes", Differing(own, weight), 0);
            layers[name].Quantise(weight);
        }
    }

    private static void Gradients(GoldenCase c, CausalModel model, AdapterSet adapter)
    {
        Expect.Equal("parameters of the base with a gradient", model.parameters().Count(p => p.requires_grad && !adapter.Tensors.Any(t => ReferenceEquals(t.Value, p))), 0);
        var expected = c.Tensors.Names.Where(n => n.StartsWith("out.grad.", StringComparison.Ordinal)).Select(n => n["out.grad.".Length..]).Order(StringComparer.Ordinal).ToList();
        Expect.Equal<string>("trained tensors", [.. adapter.Tensors.Select(t => t.Key).Order(StringComparer.Ordinal)], expected);
        foreach (var (key, value) in adapter.Tensors)
        {
            var values = c.Tensors.Doubles("out.grad." + key);
            Expect.Close("gradient of " + key, Expect.Values(value.grad!), values, c.Family.Tolerance("grad_rel_to_largest") * values.Max(Math.Abs));
        }
    }

    private static void Merge(GoldenCase c, CausalModel model, AdapterSet adapter, JsonElement merge, Tensor quantised)
    {
        var name = merge.GetProperty("layer").GetString()!;
        var layer = (Projection)model.named_modules().First(m => m.name == name).module;
        using var none = no_grad();
        adapter.Merge();
        var merged = (FourBitWeight)layer.Quantised!;
        var packed = c.Tensors.Bytes("out.merged.packed").ToArray();
        var bytes = merged.Packed.bytes.ToArray();
        var wrong = bytes.Zip(packed).Sum(p => Distinct(p.First, p.Second, merged.Code));
        if (bytes.Length != packed.Length || wrong > packed.Length * 2 / 1000)
        {
            throw new GoldenMismatchException($"merged {name}: {wrong} codes of {packed.Length * 2} differ; 1 in 1000 may.");
        }

        var scales = new float[merged.Scales.Count];
        merged.Scales.Restore(0, scales);
        var expected = c.Tensors.Doubles("out.merged.absmax");
        // Where scales are quantised too, one of them may fall on the neighbouring 8-bit code: two steps of the code at its coarsest.
        Expect.Close("merged absmax", [.. scales.Select(s => (double)s)], expected, merged.Scales.IsNested ? (expected.Max() - expected.Min()) * 0.02 : 1e-6);
        var exact = c.Tensors.Tensor("out.merged.exact");
        Expect.Close("merge_error", Largest(merged.Dense(ScalarType.Float32).sub(exact)), merge.Number("merge_error"), merged.Scales.IsNested ? 5e-3 : 1e-5);
        adapter.Unmerge();
        adapter.Disable();
        Expect.Close("unmerged logits", Expect.Values(Quiet(c, model)), Expect.Values(quantised), 0);
    }

    private static int Differing(FourBitWeight a, FourBitWeight b) =>
        a.Packed.bytes.ToArray().Zip(b.Packed.bytes.ToArray()).Sum(p => Distinct(p.First, p.Second, a.Code)) + a.Scales.Values.bytes.ToArray().Zip(b.Scales.Values.bytes.ToArray()).Count(p => p.First != p.Second);

    /// <summary>Codes of a byte that mean another value; FP4 has two for zero.</summary>
    private static int Distinct(byte a, byte b, FourBitCode code) => (code.Values[a >> 4] != code.Values[b >> 4] ? 1 : 0) + (code.Values[a & 15] != code.Values[b & 15] ? 1 : 0);

    private static double Largest(Tensor difference) => difference.abs().max().to_type(ScalarType.Float64).item<double>();

    /// <summary>Logits of real tokens: what stands at padding is nobody's business.</summary>
    private static double[] Kept(GoldenCase c, Tensor logits) =>
        Expect.Values(logits.masked_select(c.Tensors.Tensor("in.attention_mask").to_type(ScalarType.Bool).unsqueeze(-1).expand(logits.shape)));

    private static Tensor Quiet(GoldenCase c, CausalModel model)
    {
        using var none = no_grad();
        return Logits(c, model);
    }

    private static Tensor Logits(GoldenCase c, CausalModel model) => model.Forward(c.Tensors.Tensor("in.input_ids"), c.Tensors.Tensor("in.attention_mask"), Positions(c));

    /// <summary>Logits with padding answering as in transformers: it sees the kept tokens before it.</summary>
    private static Tensor Everywhere(GoldenCase c, CausalModel model)
    {
        using var none = no_grad();
        var keep = c.Tensors.Tensor("in.attention_mask");
        var pattern = keep.unsqueeze(1).expand(keep.shape[0], keep.shape[1], keep.shape[1]).tril();
        return model.Forward(c.Tensors.Tensor("in.input_ids"), pattern, Positions(c));
    }

    /// <summary>transformers counts positions by column whatever the mask.</summary>
    private static Tensor Positions(GoldenCase c)
    {
        var shape = c.Tensors.Shape("in.input_ids");
        return arange(shape[1], ScalarType.Int64).unsqueeze(0).expand(shape);
    }
}
