using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Alignment.ModelCore.Diagnostics;

/// <summary>
/// A TensorBoard events file (<c>events.out.tfevents.…</c>): TFRecord frames around Event messages, written by hand because two messages
/// with four fields need no protobuf library. Each start writes a file of its own, whose session start tells TensorBoard to drop what
/// an interrupted run had written beyond the step it resumes from.
/// </summary>
public sealed class TensorBoardMetrics(string folder, TimeProvider clock) : IMetricsSink, IDisposable
{
    private const int SessionStart = 1;
    private FileStream? file;

    public void Step(StepMetrics metrics)
    {
        using var summary = new MemoryStream();
        Span<byte> number = stackalloc byte[4];
        foreach (var (name, value) in metrics.Values)
        {
            // Summary.Value { 1: tag, 2: simple_value }, itself field 1 of Summary.
            using var one = new MemoryStream();
            Bytes(one, 1, Encoding.UTF8.GetBytes(name));
            one.WriteByte((2 << 3) | 5);
            BinaryPrimitives.WriteSingleLittleEndian(number, (float)value);
            one.Write(number);
            Bytes(summary, 1, one.ToArray());
        }

        Event(metrics.Step, e => Bytes(e, 5, summary.ToArray()));
    }

    void IMetricsSink.Event(RunEvent happened)
    {
        if (happened.Name is "resumed" or "started")
        {
            // Event.session_log (7) { 1: status START }.
            Event(happened.Step + 1, e => Bytes(e, 7, [(1 << 3) | 0, SessionStart]));
        }
    }

    public void Dispose() => file?.Dispose();

    private void Event(long step, Action<Stream> what)
    {
        if (file is null)
        {
            Directory.CreateDirectory(folder);
            file = new FileStream(Path.Combine(folder, $"events.out.tfevents.{clock.GetUtcNow().ToUnixTimeMilliseconds()}.align"), FileMode.Create, FileAccess.Write, FileShare.Read);
            Frame(e => Bytes(e, 3, "brain.Event:2"u8.ToArray()), 0);
        }

        Frame(what, step);
        file.Flush();
    }

    private void Frame(Action<Stream> what, long step)
    {
        // Event { 1: wall_time double, 2: step int64, then one of the rest }.
        using var data = new MemoryStream();
        data.WriteByte((1 << 3) | 1);
        Span<byte> eight = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(eight, clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
        data.Write(eight);
        data.WriteByte((2 << 3) | 0);
        VarInt(data, (ulong)step);
        what(data);
        var bytes = data.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(eight, (ulong)bytes.Length);
        file!.Write(eight);
        Checksum(eight);
        file.Write(bytes);
        Checksum(bytes);
    }

    /// <summary>TFRecord's masked CRC-32C.</summary>
    private void Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var b in data)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        crc = ~crc;
        Span<byte> four = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(four, unchecked(BitOperations.RotateRight(crc, 15) + 0xA282EAD8));
        file!.Write(four);
    }

    private static void Bytes(Stream s, int field, ReadOnlySpan<byte> value)
    {
        s.WriteByte((byte)((field << 3) | 2));
        VarInt(s, (ulong)value.Length);
        s.Write(value);
    }

    private static void VarInt(Stream s, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            s.WriteByte((byte)(value | 0x80));
        }

        s.WriteByte((byte)value);
    }
}
