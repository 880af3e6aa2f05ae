using System.Text.Json;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Configuration;
using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>How much text there is, from the file's lines and a sample of them tokenised.</summary>
/// <param name="Rows">Lines that are not blank.</param>
/// <param name="MeanTokens">Tokens of a row's texts together (both answers of a pair), on average.</param>
/// <param name="LongestTokens">The same of the longest row, judged by its bytes.</param>
public sealed record DataShape(int Rows, double MeanTokens, int LongestTokens)
{
    private const int Sample = 200;
    private static readonly HashSet<string> Labels = new(["id", "role", "type", "source", "name", "prompt_id", "category", "topic", "task", "label"], StringComparer.Ordinal);

    /// <param name="promptsOnly">The recipe reads prompts and writes the answers itself.</param>
    public static DataShape Read(IReadOnlyList<string> files, string modelFolder, bool promptsOnly = false)
    {
        var lines = files.SelectMany(Lines).ToList();
        if (lines.Count == 0)
        {
            throw new OptionsException([$"{string.Join(", ", files)}: there are no rows."]);
        }

        var tokenizer = Tokenizer.Load(AdapterOpening.FilesOf(modelFolder));
        var step = Math.Max(1, lines.Count / Sample);
        var counts = lines.Where((_, i) => i % step == 0).Select(l => (Tokens: Count(l, tokenizer, promptsOnly), l.Length)).ToList();
        var perByte = counts.Sum(c => c.Tokens) / (double)Math.Max(1, counts.Sum(c => c.Length));
        return new(lines.Count, perByte * lines.Average(l => l.Length), Math.Max(1, Count(lines.MaxBy(l => l.Length)!, tokenizer, promptsOnly)));
    }

    /// <summary>Lines that are not blank.</summary>
    public static IEnumerable<string> Lines(string file)
    {
        if (!File.Exists(file))
        {
            throw new OptionsException([$"{file}: no such data file."]);
        }

        return File.ReadLines(file).Where(l => !string.IsNullOrWhiteSpace(l));
    }

    private static int Count(string line, Tokenizer tokenizer, bool promptsOnly)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return Texts(promptsOnly ? Prompt(json.RootElement) : json.RootElement).Sum(t => tokenizer.EncodeIds(t).Length + 4);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new OptionsException([$"the data are not JSON lines: '{(line.Length > 60 ? line[..60] + " …" : line)}' ({e.Message}). Put one complete JSON object on each line."]);
        }
    }

    private static JsonElement Prompt(JsonElement row) =>
        row.ValueKind == JsonValueKind.Object && (row.TryGetProperty("prompt", out var prompt) || row.TryGetProperty("messages", out prompt)) ? prompt : row;

    private static IEnumerable<string> Texts(JsonElement e) => e.ValueKind switch
    {
        JsonValueKind.String => [e.GetString()!],
        JsonValueKind.Array => e.EnumerateArray().SelectMany(Texts),
        JsonValueKind.Object => e.EnumerateObject().Where(p => !Labels.Contains(p.Name)).SelectMany(p => Texts(p.Value)),
        _ => [],
    };
}
