using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Checkpointing.Conversions;
using Alignment.ModelCore.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F37: Conv1D, rotary layouts and fused projections; every weight bit-equal.</summary>
internal sealed class F37Conversions : IGoldenCheck
{
    public string Family => "F37";

    public void Check(GoldenCase c)
    {
        using var none = torch.no_grad();
        if (c.Json.TryGetProperty("layout", out var layout))
        {
            CheckFused(c, layout.GetString()!);
        }
        else if (c.Json.TryGetProperty("transposed_suffixes", out _))
        {
            CheckConv1D(c);
        }
        else if (c.Json.TryGetProperty("inv_freq", out _))
        {
            CheckRotation(c);
        }
        else
        {
            CheckRotaryLayout(c);
        }
    }

    private static void CheckConv1D(GoldenCase c)
    {
        foreach (var suffix in Strings(c, "transposed_suffixes"))
        {
            Expect.Equal(suffix, Conv1DWeights.IsTransposed("h.0." + suffix), true);
            var name = suffix[..^".weight".Length];
            var linear = Conv1DWeights.Transpose(c.Tensors.Tensor("in." + suffix));
            Exact(suffix, linear, c, "out." + suffix);
            var y = nn.functional.linear(c.Tensors.Tensor("in.x." + name), linear, c.Tensors.Tensor($"in.{name}.bias"));
            Expect.Close("y." + name, y, c.Tensors, "out.y." + name, c.Family.Tolerance("y_abs"));
        }

        Strings(c, "not_transposed").ForEach(n => Expect.Equal(n, Conv1DWeights.IsTransposed("h.0." + n), false));
        foreach (var kind in (string[])["weight", "bias"])
        {
            var (q, k, v) = Conv1DWeights.SplitAttention(c.Tensors.Tensor($"in.attn.c_attn.{kind}"));
            Exact("q", q, c, $"out.q_{kind}");
            Exact("k", k, c, $"out.k_{kind}");
            Exact("v", v, c, $"out.v_{kind}");
        }
    }

    private static void CheckRotation(GoldenCase c)
    {
        var x = c.Tensors.Tensor("in.x");
        var positions = c.Tensors.Tensor("in.positions");
        var inverse = c.Json.GetProperty("inv_freq").EnumerateArray().Select(v => v.GetDouble()).ToArray();
        var tolerance = c.Family.Tolerance("rotation_abs");
        Expect.Equal<int>("source_row", RotaryLayout.SourceRows((int)x.shape[^1]), [.. c.Json.GetProperty("source_row").EnumerateArray().Select(v => v.GetInt32())]);
        var pairs = RotaryLayout.RotatePairs(x, positions, inverse);
        Expect.Close("interleaved", pairs, c.Tensors, "out.interleaved", tolerance);
        var halves = RotaryLayout.ActivationsToHalves(x);
        Exact("x_half_split", halves, c, "in.x_half_split");
        var rotary = new Rotary(inverse, 1);
        var (cos, sin) = rotary.At(Positions.From(positions), x.dtype);
        var turned = Rotary.Apply(halves, cos, sin);
        Expect.Close("half_split", turned, c.Tensors, "out.half_split", tolerance);
        Expect.Close("half_split of interleaved", RotaryLayout.ActivationsToHalves(pairs), c.Tensors, "out.half_split", tolerance);
    }

    private static void CheckRotaryLayout(GoldenCase c)
    {
        var size = c.Json.GetProperty("head_dim").GetInt32();
        Expect.Equal<int>("source_row", RotaryLayout.SourceRows(size), [.. c.Json.GetProperty("source_row").EnumerateArray().Select(v => v.GetInt32())]);
        using var model = CheckpointReader.LoadCausal(c.ModelFolder(c.Json.GetProperty("model").GetString()!), ScalarType.Float64);
        var layer = c.Json.GetProperty("layer").GetInt32();
        foreach (var name in c.Tensors.Names.Where(n => n.StartsWith("in.meta.", StringComparison.Ordinal)).Select(n => n["in.meta.".Length..]))
        {
            var meta = c.Tensors.Tensor("in.meta." + name);
            var halves = RotaryLayout.ToHalves(meta, size);
            Exact(name, halves, c, "out.hf." + name);
            Exact(name + " back", RotaryLayout.ToPairs(halves, size), c, "in.meta." + name);
            model.get_parameter($"model.layers.{layer}.self_attn.{name}")!.copy_(halves);
        }

        if (c.Json.TryGetProperty("names", out var names))
        {
            foreach (var pair in names.EnumerateObject())
            {
                Expect.Equal(pair.Name, MetaNames.ToHuggingFace(pair.Name), pair.Value.GetString());
            }
        }

        CheckLastLogits(c, model);
    }

    private static void CheckFused(GoldenCase c, string layout)
    {
        if (c.Json.TryGetProperty("model", out var name))
        {
            CheckPhi(c, name.GetString()!);
            return;
        }

        var kind = layout switch { "per_head" => FusedLayout.PerHead, "grouped" => FusedLayout.Grouped, "concat" => FusedLayout.Concat, _ => throw new UnsupportedCaseException($"layout {layout}") };
        var heads = c.Json.GetProperty("heads").GetInt32();
        var pairs = c.Json.TryGetProperty("kv_heads", out var k) ? k.GetInt32() : heads;
        foreach (var suffix in (string[])["", "_bias"])
        {
            if (!c.Tensors.Has("out.fused" + suffix))
            {
                continue;
            }

            Tensor In(string n) => c.Tensors.Tensor($"in.{n}{suffix}");
            Exact("fused" + suffix, FusedRows.Fuse(kind, In("q"), In("k"), In("v"), heads, pairs), c, "out.fused" + suffix);
            var (q, key, v) = FusedRows.Split(kind, c.Tensors.Tensor("out.fused" + suffix), heads, pairs);
            Exact("q" + suffix, q, c, "in.q" + suffix);
            Exact("k" + suffix, key, c, "in.k" + suffix);
            Exact("v" + suffix, v, c, "in.v" + suffix);
        }
    }

    private static void CheckPhi(GoldenCase c, string name)
    {
        using var model = CheckpointReader.LoadCausal(c.ModelFolder(name), ScalarType.Float32);
        var config = model.Config;
        Tensor In(string n) => c.Tensors.Tensor($"in.{n}");
        var fused = FusedRows.Fuse(FusedLayout.Concat, In("q_proj"), In("k_proj"), In("v_proj"), config.HeadCount, config.KeyValueHeadCount);
        Exact("qkv_proj", fused, c, "out.qkv_proj");
        var gateUp = FusedRows.Stack(In("gate_proj"), In("up_proj"));
        Exact("gate_up_proj", gateUp, c, "out.gate_up_proj");
        var (q, k, v) = FusedRows.Split(FusedLayout.Concat, c.Tensors.Tensor("out.qkv_proj"), config.HeadCount, config.KeyValueHeadCount);
        var rows = c.Json.GetProperty("gate_up_rows").EnumerateArray().Select(r => r.GetInt64()).ToArray();
        var parts = FusedRows.Cut(c.Tensors.Tensor("out.gate_up_proj"), rows);
        var layer = $"model.layers.{c.Json.GetProperty("layer").GetInt32()}";
        foreach (var (part, value) in new[] { ("self_attn.q_proj", q), ("self_attn.k_proj", k), ("self_attn.v_proj", v), ("mlp.gate_proj", parts[0]), ("mlp.up_proj", parts[1]) })
        {
            Exact(part, value, c, "in." + part.Split('.')[1]);
            model.get_parameter($"{layer}.{part}.weight")!.copy_(value);
        }

        CheckLastLogits(c, model);
    }

    private static void CheckLastLogits(GoldenCase c, CausalModel model)
    {
        var logits = model.Forward(c.Tensors.Tensor("in.input_ids"));
        Expect.Close("logits_last", logits[0, -1], c.Tensors, "out.logits_last", c.Family.Tolerance("logits_abs"));
    }

    private static void Exact(string what, Tensor actual, GoldenCase c, string name)
    {
        Expect.Equal<long>($"{what} shape", actual.shape, c.Tensors.Shape(name));
        Expect.Equal($"{what} bytes", actual.contiguous().bytes.SequenceEqual(c.Tensors.Bytes(name)), true);
    }

    private static List<string> Strings(GoldenCase c, string key) => [.. c.Json.GetProperty(key).EnumerateArray().Select(v => v.GetString()!)];
}
