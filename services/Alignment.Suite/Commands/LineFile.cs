namespace Alignment.Suite.Commands;

/// <summary>A file of lines into another, in order, on all cores.</summary>
internal static class LineFile
{
    private const int ChunkLines = 1024;

    /// <param name="render">A line and where it stands (file and number, for messages) to the bytes of its result; blank lines are left out.</param>
    /// <exception cref="InvalidDataException">From <paramref name="render"/>: the first line that is wrong.</exception>
    public static void Transform(FileInfo input, FileInfo output, Func<string, string, byte[]> render, CancellationToken cancel)
    {
        if (Path.GetFullPath(output.FullName) == Path.GetFullPath(input.FullName))
        {
            throw new InvalidDataException($"{output.FullName}: --out would overwrite the input; name another file.");
        }

        using var lines = File.ReadLines(input.FullName).Chunk(ChunkLines).GetEnumerator();
        var more = lines.MoveNext();
        using var writer = new FileStream(output.FullName, FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);
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
                    results[i] = string.IsNullOrWhiteSpace(chunk[i]) ? [] : render(chunk[i], $"{input.FullName} line {start + i}");
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
}
