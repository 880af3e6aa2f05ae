using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Tokenization;

namespace Alignment.Golden.Tests.Families;

/// <summary>Tokenizers: ids, offsets, texts, streams, parts, truncation, padding and training.</summary>
public sealed class F04Tokenizer : IGoldenCheck
{
    public string Family => "F04";

    public void Check(GoldenCase c)
    {
        var json = c.Json;
        if (json.TryGetProperty("tokenizer", out var name) && json.TryGetProperty("encode", out _))
        {
            new F04Folder(Tokenizer.Load(Path.Combine(c.Family.Folder, name.GetString()!)), json, Strings(c)).Check();
        }
        else if (json.TryGetProperty("normalizers", out _))
        {
            F04Components.Check(json);
        }
        else if (json.TryGetProperty("truncation", out var truncation))
        {
            F04Windows.Truncation(c, truncation);
        }
        else if (json.TryGetProperty("padding", out var padding))
        {
            F04Windows.Padding(c, padding);
        }
        else if (json.TryGetProperty("training", out _))
        {
            F04Training.Check(c);
        }
        else if (!json.TryGetProperty("strings", out _) && !json.TryGetProperty("lines", out _))
        {
            throw new UnsupportedCaseException("a tokenizer case with " + string.Join(", ", json.EnumerateObject().Select(p => p.Name)));
        }
    }

    private static string[] Strings(GoldenCase c) => [.. JsonDocument.Parse(File.ReadAllBytes(Path.Combine(c.Family.Folder, c.Json.GetProperty("strings_file").GetString()!)))
        .RootElement.GetProperty("strings").EnumerateArray().Select(s => s.ValueKind == JsonValueKind.String ? s.GetString()! : s.GetProperty("text").GetString()!)];
}
