using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Alignment.ModelCore.Checkpointing;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Quantization;

/// <summary>
/// Quantised weights in files as bitsandbytes and transformers lay them out. 4-bit: <c>weight</c> (packed), <c>weight.absmax</c>,
/// <c>weight.quant_map</c>, with double quantisation <c>weight.nested_absmax</c> and <c>weight.nested_quant_map</c>, and the rest as UTF-8
/// JSON in the uint8 tensor <c>weight.quant_state.bitsandbytes__nf4</c>. int8: <c>weight</c>, <c>SCB</c>, <c>weight_format</c>.
/// </summary>
public static class BitsAndBytesLayout
{
    private const string State = "weight.quant_state.bitsandbytes__";

    /// <summary>Either of these says that a layer is in 4 bits.</summary>
    internal static IReadOnlyList<string> StateSuffixes { get; } = [State + "nf4", State + "fp4"];

    /// <summary>The suffixes after a layer's path under which its quantised weight may lie.</summary>
    internal static IReadOnlyList<string> Suffixes { get; } =
        ["weight", "weight.absmax", "weight.quant_map", "weight.nested_absmax", "weight.nested_quant_map", State + "nf4", State + "fp4", "SCB", "weight_format"];

    /// <summary>The weight of one layer, or null when <paramref name="find"/> knows no quantised one. Tensors found become the weight's own.</summary>
    /// <param name="find">The tensor under the layer's path and this suffix, or null.</param>
    public static QuantisedWeight? Read(Func<string, Tensor?> find)
    {
        if (find("SCB") is { } scales)
        {
            find("weight_format")?.Dispose();
            return new Int8Weight(Required(find, "weight"), scales, threshold: 0);
        }

        foreach (var code in new[] { FourBitCode.Nf4, FourBitCode.Fp4 })
        {
            using var state = find(State + code.Name);
            if (state is not null)
            {
                return ReadFourBit(find, code, JsonNode.Parse(state.bytes.ToArray())!.AsObject());
            }
        }

        return null;
    }

    /// <summary>The JSON of <c>quant_state</c>, as Python writes it.</summary>
    public static string StateOf(FourBitWeight weight)
    {
        var nested = weight.Scales.IsNested
            ? $", \"nested_blocksize\": {BlockScales.NestedBlock}, \"nested_dtype\": \"float32\", \"nested_offset\": {PythonNumber(weight.Scales.Offset)}"
            : "";
        return $"{{\"quant_type\": \"{weight.Code.Name}\", \"blocksize\": {weight.BlockSize}, \"dtype\": \"{SafeTensorsTypes.DTypeName(weight.DType)}\", \"shape\": [{weight.OutFeatures}, {weight.InFeatures}]{nested}}}";
    }

    internal static IEnumerable<(string Suffix, Tensor Value)> Export(FourBitWeight weight)
    {
        yield return ("weight", weight.Packed);
        yield return ("weight.absmax", weight.Scales.Values);
        if (weight.Scales.IsNested)
        {
            yield return ("weight.nested_absmax", weight.Scales.NestedAbsmax!);
            yield return ("weight.nested_quant_map", weight.Scales.NestedMap!);
        }

        yield return ("weight.quant_map", tensor(weight.Code.Table));
        yield return (State + weight.Code.Name, tensor(Encoding.UTF8.GetBytes(StateOf(weight))));
    }

    private static FourBitWeight ReadFourBit(Func<string, Tensor?> find, FourBitCode code, JsonObject state)
    {
        using var map = Required(find, "weight.quant_map");
        if (!MemoryMarshal.Cast<byte, float>(map.bytes).SequenceEqual(code.Table))
        {
            throw new CheckpointException($"weight.quant_map is not the table of {code.Name}; other tables are not supported.");
        }

        var shape = state["shape"]!.AsArray().Select(n => n!.GetValue<long>()).ToArray();
        var absmax = Required(find, "weight.absmax");
        var nested = state["nested_offset"]?.GetValue<double>();
        if (nested is not null && state["nested_blocksize"]?.GetValue<int>() is { } block and not BlockScales.NestedBlock)
        {
            throw new CheckpointException($"Scales quantised in blocks of {block} are not supported; {BlockScales.NestedBlock} is what bitsandbytes writes.");
        }

        var scales = nested is { } offset
            ? BlockScales.Stored(absmax, Required(find, "weight.nested_absmax"), Required(find, "weight.nested_quant_map"), (float)offset)
            : BlockScales.Stored(absmax, null, null, 0);
        return FourBitWeight.Stored(shape[0], shape[1], code, state["blocksize"]!.GetValue<int>(), SafeTensorsTypes.ParseDType(state["dtype"]!.GetValue<string>()), Required(find, "weight"), scales);
    }

    private static Tensor Required(Func<string, Tensor?> find, string suffix) =>
        find(suffix) ?? throw new CheckpointException($"A quantised weight lacks its tensor '{suffix}'.");

    /// <summary>The shortest decimal that reads back as this number, spelled as Python's repr spells it.</summary>
    private static string PythonNumber(float value)
    {
        double x = value, magnitude = Math.Abs(x);
        var text = x.ToString("R", CultureInfo.InvariantCulture);
        if (magnitude == 0 || (magnitude >= 1e-4 && magnitude < 1e16))
        {
            text = text.Contains('E', StringComparison.Ordinal) ? ((decimal)x).ToString(CultureInfo.InvariantCulture) : text;
            return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
        }

        var parts = text.Contains('E', StringComparison.Ordinal) ? text.Split('E') : x.ToString("E16", CultureInfo.InvariantCulture).Split('E');
        var exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{parts[0]}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}");
    }
}
