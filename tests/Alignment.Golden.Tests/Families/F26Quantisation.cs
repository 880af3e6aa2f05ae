using System.Security.Cryptography;
using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Checkpointing;
using Alignment.ModelCore.Modules;
using Alignment.ModelCore.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Families;

/// <summary>F26: codes, scales and restored weights of NF4, FP4 and int8, and whole checkpoints byte for byte.</summary>
internal sealed class F26Quantisation : IGoldenCheck
{
    private const double Tolerance = 1e-6;

    public string Family => "F26";

    public void Check(GoldenCase c)
    {
        using var scope = torch.NewDisposeScope();
        if (c.Json.Has("nf4_table"))
        {
            Tables(c);
        }
        else if (c.Json.Has("checkpoints"))
        {
            foreach (var checkpoint in c.Json.GetProperty("checkpoints").EnumerateObject())
            {
                Checkpoint(c, checkpoint.Name, checkpoint.Value);
            }
        }
        else if (c.Json.Has("threshold"))
        {
            Int8(c);
        }
        else
        {
            FourBit(c);
        }
    }

    private static void Tables(GoldenCase c)
    {
        Exactly("nf4_table", FourBitCode.Nf4.Values, c.Json.Numbers("nf4_table"));
        Exactly("nf4_table tensor", FourBitCode.Nf4.Values, c.Tensors.Doubles("out.nf4_table"));
        Exactly("fp4_table", FourBitCode.Fp4.Values, c.Json.Numbers("fp4_table"));
        Exactly("fp4_table tensor", FourBitCode.Fp4.Values, c.Tensors.Doubles("out.fp4_table"));
        Exactly("nf4_midpoints", FourBitCode.Nf4.Midpoints, c.Json.Numbers("nf4_midpoints"));
        Exactly("fp4_midpoints_sorted", FourBitCode.Fp4.Midpoints, c.Json.Numbers("fp4_midpoints_sorted"));
        Exactly("nested_quant_map", BlockScales.SignedMap, c.Tensors.Doubles("out.nested_quant_map"));
        Exactly("dynamic_map_unsigned", BlockScales.UnsignedMap, c.Tensors.Doubles("out.dynamic_map_unsigned"));
    }

    private static void Exactly(string what, IReadOnlyList<float> actual, double[] expected) =>
        Expect.Equal<float>(what, [.. actual], [.. expected.Select(x => (float)x)]);

    private static void FourBit(GoldenCase c)
    {
        var weight = c.Tensors.Has("in.weight") ? c.Tensors.Tensor("in.weight") : Of(c, c.Json.GetProperty("weight_from_case").GetString()!).Tensor("in.weight");
        var code = FourBitCode.Named(c.Json.GetProperty("quant_type").GetString()!);
        var nested = c.Json.GetProperty("double_quantisation").GetBoolean();
        using var q = FourBitWeight.Quantise(weight, code, c.Json.Int("blocksize"), nested);
        Expect.Equal<long>("shape", [q.OutFeatures, q.InFeatures], [.. c.Json.Ints("shape").Select(x => (long)x)]);
        Expect.Equal<long>("packed shape", q.Packed.shape, c.Tensors.Shape("out.packed"));
        Expect.Equal("packed_bytes", q.Packed.numel(), c.Json.Int("packed_bytes"));
        Expect.Equal("blocks", q.Scales.Count, c.Json.Int("blocks"));
        Expect.Equal<byte>("packed", Comparable(q.Packed.bytes, code), Comparable(c.Tensors.Bytes("out.packed"), code));
        var restored = new float[q.Scales.Count];
        q.Scales.Restore(0, restored);
        Scales(c, q, restored, nested);
        var dense = q.Dense(weight.dtype);
        Expect.Close("dequantised", dense, c.Tensors, "out.dequantised", Tolerance);
        Expect.Close("max_abs_error", dense.to_type(ScalarType.Float32).sub(weight.to_type(ScalarType.Float32)).abs().max().to_type(ScalarType.Float64).item<double>(), c.Json.Number("max_abs_error"), 1e-6);
        Expect.Close("bits_per_weight", (q.Packed.numel() + ((double)q.Bytes - q.Packed.numel() - (nested ? 1024 : 0))) * 8 / weight.numel(), c.Json.Number("bits_per_weight"), 1e-9);
        Expect.Equal("quant_state_json", BitsAndBytesLayout.StateOf(q), c.Json.GetProperty("quant_state_json").GetString());
        Files(c, q, code);
        if (c.Tensors.Has("out.indices"))
        {
            var indices = q.Packed.bytes.ToArray().SelectMany(b => new[] { b >> 4, b & 15 }).Take((int)weight.numel());
            int Zero(int i) => code == FourBitCode.Fp4 && i == 8 ? 0 : i;
            Expect.Equal<int>("indices", [.. indices.Select(Zero)], [.. c.Tensors.Longs("out.indices").Select(i => Zero((int)i))]);
        }
    }

    private static void Scales(GoldenCase c, FourBitWeight q, float[] restored, bool nested)
    {
        if (!nested)
        {
            Exactly("absmax", restored, c.Tensors.Doubles("out.absmax"));
            return;
        }

        Expect.Equal<byte>("absmax_codes", q.Scales.Values.bytes.ToArray(), c.Tensors.Bytes("out.absmax_codes").ToArray());
        Expect.Close("absmax_restored", [.. restored.Select(x => (double)x)], c.Tensors.Doubles("out.absmax_restored"), Tolerance);
        Expect.Close("nested_absmax", q.Scales.NestedAbsmax!, c.Tensors, "out.nested_absmax", 0);
        Expect.Close("nested_offset", q.Scales.Offset, c.Json.Number("nested_offset"), 0);
        Expect.Equal("nested_blocksize", BlockScales.NestedBlock, c.Json.Int("nested_blocksize"));
    }

    /// <summary>Names and shapes as a checkpoint has them, and reading them back gives the same weight.</summary>
    private static void Files(GoldenCase c, FourBitWeight q, FourBitCode code)
    {
        var tensors = q.Export().ToDictionary(t => t.Suffix, t => t.Value);
        var keys = c.Json.GetProperty("checkpoint_keys");
        Expect.Equal<string>("checkpoint_keys", [.. tensors.Keys.Order(StringComparer.Ordinal)], [.. keys.EnumerateObject().Select(k => k.Name).Order(StringComparer.Ordinal)]);
        foreach (var key in keys.EnumerateObject())
        {
            Expect.Equal<long>(key.Name, tensors[key.Name].shape, [.. key.Value.Ints().Select(x => (long)x)]);
        }

        using var read = (FourBitWeight)BitsAndBytesLayout.Read(suffix => tensors.GetValueOrDefault(suffix)?.clone())!;
        Expect.Equal<byte>("packed, written and read", read.Packed.bytes.ToArray(), q.Packed.bytes.ToArray());
        Expect.Equal("state, written and read", BitsAndBytesLayout.StateOf(read), BitsAndBytesLayout.StateOf(q));
        Expect.Equal("code, written and read", read.Code, code);
    }

    /// <summary>Two codes of FP4 mean zero, and the library's choice between them depends on the kernel.</summary>
    private static byte[] Comparable(ReadOnlySpan<byte> packed, FourBitCode code)
    {
        var bytes = packed.ToArray();
        return code == FourBitCode.Nf4 ? bytes : Array.ConvertAll(bytes, b => (byte)((b >> 4 == 8 ? 0 : b & 0xf0) | ((b & 15) == 8 ? 0 : b & 15)));
    }

    private static void Int8(GoldenCase c)
    {
        var zeroRow = c.Json.Int("zero_row");
        using var weight = Int8Weight.Quantise(c.Tensors.Tensor("in.weight"), halfFirst: false);
        Rows("weight_int8", weight.Codes, c.Tensors.Longs("out.weight_int8"), zeroRow);
        Expect.Close("scb", weight.Scales, c.Tensors, "out.scb", 0);
        Expect.Close("weight_dequantised", WithoutRow(Expect.Values(weight.Dense(ScalarType.Float32)), zeroRow, weight.InFeatures), WithoutRow(c.Tensors.Doubles("out.weight_dequantised"), zeroRow, weight.InFeatures), Tolerance);
        using var factor = Int8Weight.Quantise(c.Tensors.Tensor("in.weight_matmul"), halfFirst: false);
        Rows("weight_matmul_int8", factor.Codes, c.Tensors.Longs("out.weight_matmul_int8"), -1);
        Expect.Close("weight_matmul_scb", factor.Scales, c.Tensors, "out.weight_matmul_scb", 0);
        var x = c.Tensors.Tensor("in.x");
        var bias = c.Tensors.Tensor("in.bias");
        foreach (var (name, threshold) in new[] { ("plain", 0.0), ("outliers", c.Json.Number("threshold")) })
        {
            var (codes, scales, outliers) = Int8Weight.Inputs(x, threshold);
            Expect.Equal<long>($"{name} x_int8", Longs(codes), c.Tensors.Longs($"out.{name}.x_int8"));
            Expect.Close($"{name} sca", scales, c.Tensors, $"out.{name}.sca", 0);
            Expect.Equal<long>($"{name} outlier columns", Longs(outliers), threshold > 0 ? [.. c.Json.Ints("outlier_columns").Select(i => (long)i)] : []);
            var y = factor.Mixed(x, bias, threshold);
            var expected = c.Tensors.Doubles($"out.{name}.y");
            Expect.Close($"{name} y", Expect.Values(y), expected, c.Json.GetProperty("tolerance").Number("y_rel_to_largest") * expected.Max(Math.Abs));
            var exact = x.mm(c.Tensors.Tensor("in.weight_matmul").t()).add(bias);
            Expect.Close($"{name} max_abs_error", y.sub(exact).abs().max().to_type(ScalarType.Float64).item<double>(), c.Json.GetProperty("max_abs_error_vs_exact").Number(name), 1e-3);
        }
    }

    private static void Rows(string what, Tensor codes, long[] expected, int zeroRow) =>
        Expect.Equal<long>(what, WithoutRow(Longs(codes), zeroRow, codes.shape[1]), WithoutRow(expected, zeroRow, codes.shape[1]));

    private static T[] WithoutRow<T>(T[] values, int row, long width) => [.. values.Where((_, i) => i / width != row)];

    private static long[] Longs(Tensor t) => t.to_type(ScalarType.Int64).data<long>().ToArray();

    private static void Checkpoint(GoldenCase c, string name, JsonElement expected)
    {
        var config = expected.GetProperty("quantization_config");
        var format = config.GetProperty("load_in_8bit").GetBoolean() ? new QuantisationFormat(null)
            : new QuantisationFormat(FourBitCode.Named(config.GetProperty("bnb_4bit_quant_type").GetString()!), Double: config.GetProperty("bnb_4bit_use_double_quant").GetBoolean());
        var source = c.ModelFolder(expected.GetProperty("base_model").GetString()!);
        var folder = Directory.CreateTempSubdirectory("alignment-f26-").FullName;
        try
        {
            using var model = CheckpointReader.LoadCausal(source, new LoadOptions { DType = ScalarType.Float32, Quantise = format }, out _);
            CheckpointWriter.Save(model, folder);
            Tensors(name, folder, expected);
            using var written = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
            Expect.Equal($"{name} quantization_config", JsonSerializer.Serialize(written.RootElement.GetProperty("quantization_config")), JsonSerializer.Serialize(config));

            // The file transformers wrote, loaded, is the same model.
            File.Copy(Path.Combine(c.Family.Folder, $"checkpoint-{name}", "model.safetensors"), Path.Combine(folder, "model.safetensors"), overwrite: true);
            using var theirs = CheckpointReader.LoadCausal(folder);
            var ids = torch.tensor(new long[] { 1, 2, 3, 4, 5 }).unsqueeze(0);
            using var none = torch.no_grad();
            Expect.Close($"{name} logits", Expect.Values(theirs.Forward(ids)), Expect.Values(model.Forward(ids)), 0);
            Expect.Equal($"{name} quantised layers", theirs.modules().OfType<Projection>().Distinct().Count(p => p.Quantised is not null), expected.GetProperty("tensors").EnumerateObject().Count(t => t.Value.GetProperty("dtype").GetString() is "uint8" or "int8" && t.Name.EndsWith(".weight", StringComparison.Ordinal)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Tensors(string name, string folder, JsonElement expected)
    {
        using var file = SafeTensorsFile.Open(Path.Combine(folder, "model.safetensors"));
        var tensors = expected.GetProperty("tensors").EnumerateObject().ToList();
        Expect.Equal<string>($"{name} tensors", [.. file.Entries.Keys.Order(StringComparer.Ordinal)], [.. tensors.Select(t => t.Name).Order(StringComparer.Ordinal)]);
        foreach (var tensor in tensors)
        {
            var entry = file.Entries[tensor.Name];
            Expect.Equal($"{name} {tensor.Name} dtype", SafeTensorsTypes.ToScalarType(entry.DType).ToString(), Named(tensor.Value.GetProperty("dtype").GetString()!).ToString());
            Expect.Equal<long>($"{name} {tensor.Name} shape", entry.Shape, [.. tensor.Value.Ints("shape").Select(x => (long)x)]);
            Expect.Equal($"{name} {tensor.Name} sha256", Convert.ToHexStringLower(SHA256.HashData(file.ReadBytes(tensor.Name))), tensor.Value.GetProperty("sha256").GetString());
        }

        if (expected.TryGetProperty("quant_states", out var states))
        {
            foreach (var state in states.EnumerateObject())
            {
                Expect.Equal($"{name} {state.Name}", System.Text.Encoding.UTF8.GetString(file.ReadBytes(state.Name)), state.Value.GetString());
            }
        }
    }

    private static ScalarType Named(string dtype) => dtype switch
    {
        "uint8" => ScalarType.Byte,
        "int8" => ScalarType.Int8,
        _ => SafeTensorsTypes.ParseDType(dtype),
    };

    private static FixtureTensors Of(GoldenCase c, string other) => FixtureTensors.Read(Path.Combine(c.Family.Folder, other + ".safetensors"));
}
