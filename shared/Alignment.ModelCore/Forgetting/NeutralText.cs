using System.Text.Json;
using Alignment.ModelCore.Data;

namespace Alignment.ModelCore.Forgetting;

/// <summary>
/// A few dozen sentences of everyday knowledge in English and Brazilian Portuguese, one set for each language: what a run's forgetting is
/// measured on where no files are named. They are part of the program (<c>neutral.jsonl</c>) and in nobody's training data on purpose.
/// </summary>
public static class NeutralText
{
    /// <summary>Name of the set (<c>neutral en</c>, <c>neutral pt-BR</c>) and its texts.</summary>
    public static IReadOnlyList<(string Name, IReadOnlyList<Document> Texts)> Sets { get; } = Read();

    private static List<(string, IReadOnlyList<Document>)> Read()
    {
        using var stream = typeof(NeutralText).Assembly.GetManifestResourceStream("neutral.jsonl")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Row)
            .GroupBy(r => r.Language, StringComparer.Ordinal)
            .Select(g => ($"neutral {g.Key}", (IReadOnlyList<Document>)[.. g.Select(r => new Document(r.Text, null))]))];
    }

    private static (string Language, string Text) Row(string line)
    {
        using var json = JsonDocument.Parse(line);
        return (json.RootElement.GetProperty("language").GetString()!, json.RootElement.GetProperty("text").GetString()!);
    }
}
