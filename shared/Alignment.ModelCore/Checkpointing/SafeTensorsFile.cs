using System.Buffers.Binary;
using Alignment.ModelCore.Quantization;
using Microsoft.Win32.SafeHandles;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>
/// A safetensors file opened for reading. The header is checked whole before any tensor is read; data go from the file straight
/// into the tensor's own memory.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private const int Chunk = 1 << 20;
    private readonly SafeFileHandle handle;
    private readonly long dataStart;

    private SafeTensorsFile(string path, SafeFileHandle handle, long dataStart, SafeTensorsHeader header)
    {
        Path = path;
        this.handle = handle;
        this.dataStart = dataStart;
        Header = header;
    }

    public string Path { get; }

    public SafeTensorsHeader Header { get; }

    public IReadOnlyDictionary<string, SafeTensorsEntry> Entries => Header.Entries;

    /// <exception cref="SafeTensorsException">The file breaks the format.</exception>
    public static SafeTensorsFile Open(string path)
    {
        var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        try
        {
            var length = RandomAccess.GetLength(handle);
            Span<byte> prefix = stackalloc byte[8];
            if (length < 8 || RandomAccess.Read(handle, prefix, 0) < 8)
            {
                throw new SafeTensorsException($"{path}: {length} bytes, too short for the header's length.");
            }

            var declared = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            SafeTensorsHeader.CheckLength(declared, length, path);
            var header = new byte[(int)declared];
            ReadFully(handle, header, 8, path);
            return new(path, handle, 8 + header.Length, SafeTensorsHeader.Parse(header, length - 8 - header.Length, path));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The file's header without its data.</summary>
    public static SafeTensorsHeader ReadHeader(string path)
    {
        using var file = Open(path);
        return file.Header;
    }

    /// <summary>A new tensor of the stored dtype, or of <paramref name="dtype"/> converted chunk by chunk.</summary>
    public Tensor Read(string name, ScalarType? dtype = null)
    {
        var entry = Entry(name);
        var tensor = torch.empty(entry.Shape, dtype ?? SafeTensorsTypes.ToScalarType(entry.DType));
        ReadInto(name, tensor);
        return tensor;
    }

    /// <summary>Fills a contiguous tensor of the stored shape, converting where its dtype differs.</summary>
    public void ReadInto(string name, Tensor target)
    {
        var entry = Entry(name);
        if (!target.shape.AsSpan().SequenceEqual(entry.Shape))
        {
            throw new SafeTensorsException($"{Path}: {name} is [{string.Join(", ", entry.Shape)}], the target [{string.Join(", ", target.shape)}].");
        }

        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var stored = SafeTensorsTypes.ToScalarType(entry.DType);
        var flat = target.view(-1);
        if (target.dtype == stored)
        {
            ReadRange(entry, 0, flat);
            return;
        }

        // One small staging tensor: never a second copy of the weights.
        using var buffer = ScratchBuffers.Rent(Math.Min(entry.Elements, Chunk), stored);
        var staging = buffer.Buffer;
        for (long done = 0; done < entry.Elements; done += Chunk)
        {
            using var inner = torch.NewDisposeScope();
            var count = Math.Min(Chunk, entry.Elements - done);
            var part = staging.narrow(0, 0, count);
            ReadRange(entry, done, part);
            flat.narrow(0, done, count).copy_(part);
        }
    }

    /// <summary>The stored bytes of a tensor.</summary>
    public byte[] ReadBytes(string name)
    {
        var entry = Entry(name);
        var bytes = new byte[checked((int)entry.Bytes)];
        ReadFully(handle, bytes, dataStart + entry.Begin, Path);
        return bytes;
    }

    /// <summary>Same dtype, shape and bytes; compared piece by piece.</summary>
    public static bool SameContents(SafeTensorsFile first, string firstName, SafeTensorsFile second, string secondName)
    {
        var (a, b) = (first.Entry(firstName), second.Entry(secondName));
        if (a.DType != b.DType || !a.Shape.AsSpan().SequenceEqual(b.Shape))
        {
            return false;
        }

        byte[] left = new byte[1 << 16], right = new byte[1 << 16];
        for (long done = 0; done < a.Bytes; done += left.Length)
        {
            var count = (int)Math.Min(left.Length, a.Bytes - done);
            ReadFully(first.handle, left.AsSpan(0, count), first.dataStart + a.Begin + done, first.Path);
            ReadFully(second.handle, right.AsSpan(0, count), second.dataStart + b.Begin + done, second.Path);
            if (!left.AsSpan(0, count).SequenceEqual(right.AsSpan(0, count)))
            {
                return false;
            }
        }

        return true;
    }

    public void Dispose() => handle.Dispose();

    private void ReadRange(SafeTensorsEntry entry, long firstElement, Tensor part)
    {
        var size = part.ElementSize;
        for (long done = 0; done < part.numel(); done += Chunk)
        {
            using var inner = torch.NewDisposeScope();
            var count = Math.Min(Chunk, part.numel() - done);
            ReadFully(handle, part.narrow(0, done, count).bytes, dataStart + entry.Begin + ((firstElement + done) * size), Path);
        }
    }

    private SafeTensorsEntry Entry(string name) =>
        Entries.TryGetValue(name, out var e) ? e : throw new SafeTensorsException($"{Path}: there is no tensor {name}.");

    private static void ReadFully(SafeFileHandle handle, Span<byte> target, long offset, string path)
    {
        while (!target.IsEmpty)
        {
            var read = RandomAccess.Read(handle, target, offset);
            if (read == 0)
            {
                throw new SafeTensorsException($"{path}: the file ended at byte {offset} while it was being read.");
            }

            target = target[read..];
            offset += read;
        }
    }
}
