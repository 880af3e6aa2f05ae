using System.Text;

namespace Alignment.Suite.Commands;

/// <summary>A file of lines into another, in order, on all cores.</summary>
internal static class LineFile
{
    private const int ChunkLines = 1024;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="render">A line and where it stands (file and number, for messages) to the bytes of its result; blank lines are left out.</param>
    /// <exception cref="InvalidDataException">From <paramref name="render"/>: the first line that is wrong.</exception>
    public static void Transform(FileInfo input, FileInfo output, Func<string, string, byte[]> render, CancellationToken cancel)
    {
        if (Path.GetFullPath(output.FullName) == Path.GetFullPath(input.FullName))
        {
            throw new ArgumentException($"{output.FullName}: --out would overwrite the input; name another file.");
        }

        if (Directory.Exists(input.FullName) || Directory.Exists(output.FullName))
        {
            throw new ArgumentException($"{(Directory.Exists(input.FullName) ? input : output).FullName} is a folder; name a file.");
        }

        // Under another name until it is whole: a fault leaves what was there before.
        var partial = output.FullName + ".partial";
        try
        {
            Write(input.FullName, partial, render, cancel);
            File.Move(partial, output.FullName, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void Write(string input, string output, Func<string, string, byte[]> render, CancellationToken cancel)
    {
        using var lines = Lines(input).Chunk(ChunkLines).GetEnumerator();
        var more = lines.MoveNext();
        using var writer = new FileStream(output, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
        for (var first = 1; more; more = lines.MoveNext())
        {
            var chunk = lines.Current;
            var results = new byte[chunk.Length][];
            var faults = new Exception?[chunk.Length];
            var start = first;
            Parallel.For(0, chunk.Length, new() { CancellationToken = cancel }, i =>
            {
                try
                {
                    results[i] = string.IsNullOrWhiteSpace(chunk[i]) ? [] : render(chunk[i], $"{input} line {start + i}");
                }
                catch (InvalidDataException e)
                {
                    faults[i] = e;
                }
            });
            for (var i = 0; i < chunk.Length; i++)
            {
                if (faults[i] is { } fault)
                {
                    throw fault;
                }

                if (results[i].Length > 0)
                {
                    writer.Write(results[i]);
                    writer.WriteByte((byte)'\n');
                }
            }

            first += chunk.Length;
        }
    }

    // Latin-1 keeps each byte, so that a bad one is found in its own line.
    private static IEnumerable<string> Lines(string input)
    {
        using var reader = new StreamReader(input, Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            var text = Text(line, $"{input} line {number}");
            yield return number == 1 ? text.TrimStart('\uFEFF') : text;
        }
    }

    private static string Text(string line, string where)
    {
        try
        {
            return Ascii.IsValid(line) ? line : Strict.GetString(Encoding.Latin1.GetBytes(line));
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{where}: byte {e.Index + 1} is not UTF-8. Save the file as UTF-8 (for example: iconv -f latin1 -t utf-8).", e);
        }
    }
}
