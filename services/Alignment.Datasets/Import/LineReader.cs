using System.Runtime.CompilerServices;
using System.Text;

namespace Alignment.Datasets.Import;

/// <summary>
/// Cuts a stream into lines without ever holding more than one: LF or CRLF, a byte-order mark is dropped, blank lines are skipped, a line over
/// <see cref="Limit"/> bytes is reported and passed over.
/// </summary>
internal static class LineReader
{
    public const int Limit = 1 << 20;

    public static async IAsyncEnumerable<(int Number, ReadOnlyMemory<byte> Bytes)> ReadAsync(Stream stream, ImportProblems problems, [EnumeratorCancellation] CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        var line = new MemoryStream();
        var number = 1;
        var tooLong = false;
        int read;
        while ((read = await stream.ReadAsync(buffer, ct)) > 0)
        {
            for (var start = 0; start < read;)
            {
                var end = Array.IndexOf(buffer, (byte)'\n', start, read - start);
                var length = (end < 0 ? read : end) - start;
                tooLong |= line.Length + length > Limit;
                line.Write(buffer, start, tooLong ? 0 : length);
                start += length + 1;
                if (end >= 0)
                {
                    if (Take(line, number++, ref tooLong, problems) is { } taken)
                    {
                        yield return taken;
                    }
                }
            }
        }

        if (Take(line, number, ref tooLong, problems) is { } last)
        {
            yield return last;
        }
    }

    private static (int, ReadOnlyMemory<byte>)? Take(MemoryStream line, int number, ref bool tooLong, ImportProblems problems)
    {
        ReadOnlyMemory<byte> bytes = line.ToArray();
        line.SetLength(0);
        if (tooLong)
        {
            tooLong = false;
            problems.Add(number, null, "line-too-long", $"The line is longer than {Limit} bytes.", "Shorten the texts or split the conversation.");
            return null;
        }

        bytes = number == 1 && bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[3..] : bytes;
        return bytes.Span.ContainsAnyExcept(" \t\r"u8) ? (number, bytes) : null;
    }
}
