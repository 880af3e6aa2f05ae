using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>Names of element types in safetensors headers.</summary>
public static class SafeTensorsTypes
{
    private static readonly Dictionary<string, int> Bits = new(StringComparer.Ordinal)
    {
        ["BOOL"] = 8, ["U8"] = 8, ["I8"] = 8, ["F8_E4M3"] = 8, ["F8_E5M2"] = 8, ["F8_E8M0"] = 8,
        ["I16"] = 16, ["U16"] = 16, ["F16"] = 16, ["BF16"] = 16, ["I32"] = 32, ["U32"] = 32, ["F32"] = 32,
        ["I64"] = 64, ["U64"] = 64, ["F64"] = 64, ["C64"] = 64, ["F4"] = 4, ["F6_E2M3"] = 6, ["F6_E3M2"] = 6,
    };

    /// <summary>Bits of one element; 0 for an unknown name.</summary>
    public static int BitsOf(string dtype) => Bits.GetValueOrDefault(dtype);

    /// <summary>The torch type; throws for types that torch cannot hold.</summary>
    public static ScalarType ToScalarType(string dtype) => dtype switch
    {
        "F64" => ScalarType.Float64,
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        "I64" => ScalarType.Int64,
        "I32" => ScalarType.Int32,
        "I16" => ScalarType.Int16,
        "I8" => ScalarType.Int8,
        "U8" => ScalarType.Byte,
        "BOOL" => ScalarType.Bool,
        "C64" => ScalarType.ComplexFloat32,
        _ => throw new SafeTensorsException($"dtype {dtype} cannot be loaded into a tensor."),
    };

    public static string FromScalarType(ScalarType type) => type switch
    {
        ScalarType.Float64 => "F64",
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Int64 => "I64",
        ScalarType.Int32 => "I32",
        ScalarType.Int16 => "I16",
        ScalarType.Int8 => "I8",
        ScalarType.Byte => "U8",
        ScalarType.Bool => "BOOL",
        ScalarType.ComplexFloat32 => "C64",
        _ => throw new SafeTensorsException($"{type} has no safetensors name."),
    };

    /// <summary>transformers' spelling (<c>bfloat16</c>, <c>float32</c>, with or without <c>torch.</c>) as a torch type.</summary>
    public static ScalarType ParseDType(string name) => name.Replace("torch.", "", StringComparison.Ordinal) switch
    {
        "float32" or "fp32" or "float" => ScalarType.Float32,
        "float64" or "fp64" or "double" => ScalarType.Float64,
        "bfloat16" or "bf16" => ScalarType.BFloat16,
        "float16" or "fp16" or "half" => ScalarType.Float16,
        _ => throw new CheckpointException($"dtype '{name}' is not known; use float32, float64, bfloat16 or float16."),
    };

    public static string DTypeName(ScalarType type) => type switch
    {
        ScalarType.Float32 => "float32",
        ScalarType.Float64 => "float64",
        ScalarType.BFloat16 => "bfloat16",
        ScalarType.Float16 => "float16",
        _ => throw new CheckpointException($"{type} is not a dtype of weights."),
    };
}
