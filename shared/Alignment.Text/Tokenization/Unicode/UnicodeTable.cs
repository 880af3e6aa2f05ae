namespace Alignment.Text.Tokenization.Unicode;

/// <summary>The tables beside this file, embedded in the assembly.</summary>
internal static class UnicodeTable
{
    public static IEnumerable<string> Lines(string file)
    {
        using var stream = typeof(UnicodeTable).Assembly.GetManifestResourceStream("Alignment.Text.Tokenization.Unicode." + file)
            ?? throw new InvalidOperationException($"{file} is not embedded in the assembly.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }
}
