using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Architectures;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F24: one adapter on one tiny model: logits, loss, every gradient, merged weights, and the base back.</summary>
internal sealed class F24PeftForward : IGoldenCheck
{
    private const string Given = "in.adapter.";

    public string Family => "F24";

    public void Check(GoldenCase c)
    {
        if (c.Json.Has("adapters"))
        {
            F24Several.Check(c);
        }
        else if (c.Json.Has("init_lora_weights"))
        {
            F24Start.Lora(c);
        }
        else if (c.Json.Has("cases"))
        {
            F24Start.Prompt(c);
        }
        else
        {
            using var model = Open(c);
            OneAdapter(c, model);
        }
    }

    /// <summary>The case's model, in double precision unless the case could only be made in single.</summary>
    internal static nn.Module Open(GoldenCase c)
    {
        var folder = c.ModelFolder(c.Json.GetProperty("model").GetString()!);
        var type = c.Json.Has("precision") && c.Json.GetProperty("precision").GetString() == "fp32" ? ScalarType.Float32 : ScalarType.Float64;
        return DecoderConfig.Load(folder).Head == HeadKind.Language ? CheckpointReader.LoadCausal(folder, type) : CheckpointReader.LoadScoring(folder, type);
    }

    private static void OneAdapter(GoldenCase c, nn.Module model)
    {
        var before = Quiet(c, model);
        var parameters = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.detach().clone());
        using var adapter = AdapterBuilder.Attach(model, F24Adapter.Config(c), F24Adapter.Tensors(c, Given, model.parameters().First().dtype));

        // 1. Forward and backward.
        var logits = Logits(c, model, out var mask);
        Compare(c, "logits", logits, "out.logits", mask, c.Family.Tolerance("logits_abs"));
        var loss = Loss(c, logits);
        if (adapter.Regulariser() is { } extra)
        {
            loss = loss.add(extra);
        }

        Expect.Close("loss", Expect.Values(loss)[0], c.Json.Number("loss"), c.Family.Tolerance("loss_abs"));
        loss.backward();
        Gradients(c, adapter);
        if (c.Tensors.Has("out.prompt_embeddings"))
        {
            Expect.Close("prompt_embeddings", adapter.Exported().Single(e => e.Key == "prompt_embeddings").Value, c.Tensors, "out.prompt_embeddings", c.Family.Tolerance("merged_abs"));
        }

        // 2. Off is the base, bit for bit, and on again is what it was. (PEFT leaves trained biases in the base; here they go too.)
        using var none = no_grad();
        var on = Quiet(c, model);
        adapter.Disable();
        Same("off", Quiet(c, model), before);
        adapter.Enable();
        Same("on again", Quiet(c, model), on);
        Merge(c, model, adapter, logits, mask);

        // 3. Whatever was done, the base is untouched.
        foreach (var p in model.named_parameters())
        {
            Same(p.name, p.parameter, parameters[p.name]);
        }
    }

    private static void Merge(GoldenCase c, nn.Module model, AdapterSet adapter, Tensor logits, Tensor? mask)
    {
        if (!c.Json.Has("merged_summary") && !c.Json.Has("unmerge_max_abs_diff"))
        {
            return;
        }

        adapter.Merge();
        var tolerance = c.Family.Tolerance("merged_abs");
        var merged = model.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var p in c.Json.GetProperty("merged_summary").EnumerateObject())
        {
            Summary(c, "merged " + p.Name, merged[p.Name], p.Value, tolerance);
            if (c.Tensors.Has("out.merged." + p.Name))
            {
                Expect.Close("merged " + p.Name, merged[p.Name], c.Tensors, "out.merged." + p.Name, tolerance);
            }
        }

        Expect.Close("merged logits", Keep(Logits(c, model, out _), mask), Keep(logits, mask), c.Family.Tolerance("logits_abs"));
        adapter.Unmerge();
    }

    private static void Gradients(GoldenCase c, AdapterSet adapter)
    {
        var trained = adapter.Tensors.ToDictionary(t => F24Adapter.NameInCase(c, t.Key), t => t.Value, StringComparer.Ordinal);
        var expected = c.Json.GetProperty("grad_summary").EnumerateObject().ToList();
        Expect.Equal<string>("trained tensors", [.. trained.Keys.Order(StringComparer.Ordinal)], [.. expected.Select(e => e.Name).Order(StringComparer.Ordinal)]);
        foreach (var e in expected)
        {
            var gradient = trained[e.Name].grad ?? throw new GoldenMismatchException($"{e.Name} has no gradient.");
            Summary(c, "gradient of " + e.Name, gradient, e.Value, c.Family.Tolerance("grad_rel_to_largest") * Math.Max(Largest(e.Value), 1e-6));
            var full = "out.grad." + e.Name;
            if (c.Tensors.Has(full))
            {
                var values = c.Tensors.Doubles(full);
                Expect.Close("gradient of " + e.Name, Expect.Values(gradient), values, c.Family.Tolerance("grad_rel_to_largest") * Math.Max(values.Max(Math.Abs), 1e-12));
            }
        }
    }

    // The largest of eight values and the root mean square bounds what "relative to the largest" can mean for a summary.
    private static double Largest(System.Text.Json.JsonElement summary) => Math.Max(summary.Numbers("first8").Max(Math.Abs),
        summary.Number("norm") / Math.Sqrt(summary.Ints("shape").Aggregate(1.0, (n, s) => n * s)));

    private static void Summary(GoldenCase c, string what, Tensor actual, System.Text.Json.JsonElement expected, double abs)
    {
        var values = Expect.Values(actual);
        var first = expected.Numbers("first8");
        Expect.Equal<long>(what + " shape", actual.shape, [.. expected.Ints("shape").Select(s => (long)s)]);
        Expect.Close(what + " first values", values.AsSpan(0, first.Length), first, abs);
        Expect.Close(what + " norm", Math.Sqrt(values.Sum(v => v * v)), expected.Number("norm"), abs, c.Family.Tolerance("summary_rel"));
    }

    /// <summary>Logits as the library gives them, and which of their positions count.</summary>
    internal static Tensor Logits(GoldenCase c, nn.Module model, out Tensor? mask)
    {
        var ids = c.Tensors.Tensor("in.input_ids");
        var keep = c.Tensors.Tensor("in.attention_mask");
        // transformers counts positions by column whatever the mask; the product counts the tokens that are kept.
        var positions = arange(ids.shape[1], ScalarType.Int64).unsqueeze(0).expand(ids.shape[0], ids.shape[1]);
        mask = null;
        if (model is ScoringModel scoring)
        {
            return scoring.Forward(ids, keep, positions);
        }

        var causal = (CausalModel)model;
        var logits = causal.Head(causal.Body.Read(ids, keep, positions, withPrompt: true));
        mask = cat([ones([ids.shape[0], logits.shape[1] - ids.shape[1]], keep.dtype), keep], 1);
        return logits;
    }

    private static Tensor Quiet(GoldenCase c, nn.Module model)
    {
        using var none = no_grad();
        return Logits(c, model, out _);
    }

    private static Tensor Loss(GoldenCase c, Tensor logits)
    {
        var labels = c.Tensors.Tensor("in.labels");
        if (labels.is_floating_point())
        {
            return nn.functional.mse_loss(logits.squeeze(-1), labels.to_type(logits.dtype));
        }

        var virtualLabels = full([labels.shape[0], logits.shape[1] - labels.shape[1]], -100L, ScalarType.Int64);
        return F02Backward.Loss(logits, cat([virtualLabels, labels], 1));
    }

    internal static void Compare(GoldenCase c, string what, Tensor actual, string name, Tensor? mask, double tolerance)
    {
        var expected = c.Tensors.Tensor(name).to_type(ScalarType.Float64);
        Expect.Equal<long>(what + " shape", actual.shape, expected.shape);
        Expect.Close(what, Keep(actual, mask), Keep(expected, mask), tolerance);
    }

    private static double[] Keep(Tensor t, Tensor? mask) => Expect.Values(mask is null ? t : t[mask.to_type(ScalarType.Bool)]);

    private static void Same(string what, Tensor actual, Tensor expected)
    {
        if (!actual.detach().allclose(expected, 0, 0, equal_nan: true))
        {
            throw new GoldenMismatchException($"{what}: differs by {actual.sub(expected).abs().max().ToDouble()}, and should not.");
        }
    }
}
