using System.Buffers.Binary;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>
/// Writes safetensors files: header padded to 8 bytes, <c>format: pt</c>, tensors in order of name. A file appears under its name
/// only when it is complete and flushed to disk.
/// </summary>
public static class SafeTensorsWriter
{
    private const long Chunk = 1 << 22;

    /// <param name="tensors">Name → tensor; written in the tensor's dtype, or in <paramref name="dtype"/> where it is floating.</param>
    /// <param name="change">What to write in a tensor's place, of the same shape; asked for one at a time.</param>
    public static void Write(string path, IEnumerable<(string Name, Tensor Value)> tensors, ScalarType? dtype = null, IReadOnlyDictionary<string, string>? metadata = null, Func<string, Tensor, Tensor>? change = null)
    {
        var list = tensors.OrderBy(t => t.Name, StringComparer.Ordinal).ToList();
        var temporary = path + ".partial";
        using (var file = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16))
        {
            var header = Header(list, dtype, metadata);
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            file.Write(length);
            file.Write(header);
            foreach (var (name, value) in list)
            {
                using var none = torch.no_grad();
                using var scope = torch.NewDisposeScope();
                WriteData(file, change?.Invoke(name, value) ?? value, Target(value, dtype));
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>The dtype a tensor is written in.</summary>
    public static ScalarType Target(Tensor value, ScalarType? dtype) => dtype is { } wanted && value.is_floating_point() ? wanted : value.dtype;

    /// <summary>Bytes a tensor takes in the file.</summary>
    public static long BytesOf(Tensor value, ScalarType? dtype) => value.numel() * SafeTensorsTypes.BitsOf(SafeTensorsTypes.FromScalarType(Target(value, dtype))) / 8;

    private static byte[] Header(List<(string Name, Tensor Value)> tensors, ScalarType? dtype, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata ?? new Dictionary<string, string> { ["format"] = "pt" })
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            long offset = 0;
            foreach (var (name, value) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", SafeTensorsTypes.FromScalarType(Target(value, dtype)));
                json.WriteStartArray("shape");
                Array.ForEach(value.shape, json.WriteNumberValue);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += BytesOf(value, dtype));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteData(FileStream file, Tensor value, ScalarType type)
    {
        if (value.numel() == 0)
        {
            return;
        }

        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var flat = value.detach().cpu().contiguous().view(-1);
        for (long done = 0; done < flat.numel(); done += Chunk)
        {
            using var inner = torch.NewDisposeScope();
            file.Write(flat.narrow(0, done, Math.Min(Chunk, flat.numel() - done)).to_type(type).bytes);
        }
    }
}
