using System.Buffers.Binary;
using System.Text;
using Alignment.ModelCore.Checkpointing;

namespace Alignment.ModelCore.Tests.Checkpointing;

public sealed class SafeTensorsFuzzTests
{
    private const string Header = """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}""";

    /// <summary>Pieces that headers are made of, valid and not.</summary>
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ":", ",", "\"a\"", "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"F4\"", "\"X9\"",
        "0", "-1", "24", "1e3", "1.5", "9223372036854775807", "9223372036854775808", "99999999999999999999999", "null", "true", "\"\\ud800\"", "\\", "\0", "\u00e7", " ", "\n",
    ];

    [Fact]
    public void Header_HundredThousandHostileInputs_NamedErrorsOnlyAndNoAllocationBeyondTheInput()
    {
        var random = new Random(20261123);
        int accepted = 0, rejected = 0;
        // First, so that the measured allocations are those of parsing alone.
        Attempt(Encoding.UTF8.GetBytes(Header), 32);
        for (var i = 0; i < 100_000; i++)
        {
            var (header, data) = Mutate(random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var ok = Attempt(header, data);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 64_000 + (200L * header.Length), $"input {i} of {header.Length} bytes allocated {allocated}");
            _ = ok ? accepted++ : rejected++;
        }

        Assert.True(accepted > 100 && rejected > 50_000, $"{accepted} accepted, {rejected} rejected");
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(9UL)]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    public void Open_DeclaredHeaderLengthWrong_Refused(ulong length)
    {
        var file = Path.GetTempFileName();
        try
        {
            var bytes = new byte[16];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
            File.WriteAllBytes(file, bytes);
            Assert.Contains(file, Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Open(file)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Open_EveryTruncation_Refused()
    {
        var header = Encoding.UTF8.GetBytes(Header);
        byte[] whole = [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. new byte[32]];
        var file = Path.GetTempFileName();
        try
        {
            for (var length = 0; length < whole.Length; length++)
            {
                File.WriteAllBytes(file, whole[..length]);
                Assert.Throws<SafeTensorsException>(() => SafeTensorsFile.Open(file));
            }

            File.WriteAllBytes(file, whole);
            using var opened = SafeTensorsFile.Open(file);
            Assert.Equal([2L, 3L], opened.Entries["a"].Shape);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static bool Attempt(byte[] header, long data)
    {
        try
        {
            SafeTensorsHeader.Parse(header, data, "fuzz");
            return true;
        }
        catch (SafeTensorsException)
        {
            return false;
        }
    }

    private static (byte[] Header, long Data) Mutate(Random random)
    {
        var data = random.Next(4) == 0 ? random.NextInt64(64) : 32;
        if (random.Next(4) == 0)
        {
            return (Encoding.UTF8.GetBytes("{" + string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => Pieces[random.Next(Pieces.Length)]))), data);
        }

        var bytes = Encoding.UTF8.GetBytes(Header).ToList();
        for (var n = random.Next(4); n >= 0; n--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 8), bytes.Count - at - (bytes.Count > at + 1 ? 1 : 0)));
                    break;
                case 2:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Pieces[random.Next(Pieces.Length)]));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                default:
                    bytes[at] = (byte)('0' + random.Next(10));
                    break;
            }

            if (bytes.Count == 0)
            {
                bytes.Add((byte)'{');
            }
        }

        return ([.. bytes], data);
    }
}
