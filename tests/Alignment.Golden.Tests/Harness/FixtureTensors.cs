using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.Golden.Tests.Harness;

/// <summary>
/// The tensors of a case, read by a small reader of its own so that a fault in the product's safetensors reader cannot hide itself.
/// </summary>
public sealed class FixtureTensors
{
    private readonly byte[] file;
    private readonly int dataStart;
    private readonly Dictionary<string, (string Dtype, long[] Shape, int Begin, int End)> entries = [];

    private FixtureTensors(byte[] file)
    {
        this.file = file;
        var headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        dataStart = 8 + headerLength;
        foreach (var p in JsonDocument.Parse(file.AsMemory(8, headerLength)).RootElement.EnumerateObject())
        {
            if (p.Name == "__metadata__")
            {
                continue;
            }

            var o = p.Value.GetProperty("data_offsets");
            entries[p.Name] = (p.Value.GetProperty("dtype").GetString()!,
                [.. p.Value.GetProperty("shape").EnumerateArray().Select(x => x.GetInt64())], o[0].GetInt32(), o[1].GetInt32());
        }
    }

    public static FixtureTensors Read(string path) => new(File.ReadAllBytes(path));

    public IReadOnlyCollection<string> Names => entries.Keys;

    public bool Has(string name) => entries.ContainsKey(name);

    public long[] Shape(string name) => Entry(name).Shape;

    /// <summary>The stored dtype as safetensors spells it: F64, F32, BF16, F16, I64, I32, U8, BOOL.</summary>
    public string Dtype(string name) => Entry(name).Dtype;

    /// <summary>The stored bytes of one tensor.</summary>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var e = Entry(name);
        return file.AsSpan(dataStart + e.Begin, e.End - e.Begin);
    }

    /// <summary>Values widened to double.</summary>
    public double[] Doubles(string name)
    {
        var b = Bytes(name);
        return Entry(name).Dtype switch
        {
            "F64" => MemoryMarshal.Cast<byte, double>(b).ToArray(),
            "F32" => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(b).ToArray(), x => (double)x),
            "F16" => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(b).ToArray(), x => (double)x),
            "BF16" => Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(b).ToArray(), x => (double)BitConverter.Int32BitsToSingle(x << 16)),
            _ => Array.ConvertAll(Longs(name), x => (double)x),
        };
    }

    /// <summary>Integer values widened to long; booleans as 0 and 1.</summary>
    public long[] Longs(string name)
    {
        var b = Bytes(name);
        return Entry(name).Dtype switch
        {
            "I64" => MemoryMarshal.Cast<byte, long>(b).ToArray(),
            "I32" => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(b).ToArray(), x => (long)x),
            "I16" => Array.ConvertAll(MemoryMarshal.Cast<byte, short>(b).ToArray(), x => (long)x),
            "I8" => Array.ConvertAll(MemoryMarshal.Cast<byte, sbyte>(b).ToArray(), x => (long)x),
            "U8" or "BOOL" => Array.ConvertAll(b.ToArray(), x => (long)x),
            var d => throw new InvalidDataException($"{name}: {d} is not an integer dtype."),
        };
    }

    /// <summary>A new tensor of the stored dtype and shape, in the current dispose scope.</summary>
    public Tensor Tensor(string name)
    {
        var e = Entry(name);
        var type = e.Dtype switch
        {
            "F64" => ScalarType.Float64, "F32" => ScalarType.Float32, "F16" => ScalarType.Float16, "BF16" => ScalarType.BFloat16,
            "I64" => ScalarType.Int64, "I32" => ScalarType.Int32, "I16" => ScalarType.Int16, "I8" => ScalarType.Int8,
            "U8" => ScalarType.Byte, "BOOL" => ScalarType.Bool,
            var d => throw new InvalidDataException($"{name}: unknown dtype {d}."),
        };
        var t = torch.empty(e.Shape, type);
        if (e.End > e.Begin)
        {
            Bytes(name).CopyTo(t.bytes);
        }

        return t;
    }

    private (string Dtype, long[] Shape, int Begin, int End) Entry(string name) =>
        entries.TryGetValue(name, out var e) ? e : throw new KeyNotFoundException($"No tensor {name}; there are {string.Join(", ", entries.Keys)}.");
}
