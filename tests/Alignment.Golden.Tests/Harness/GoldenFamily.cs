using System.Text.Json;

namespace Alignment.Golden.Tests.Harness;

/// <summary>A folder <c>FNN-title</c> with its <c>family.json</c>.</summary>
public sealed class GoldenFamily
{
    private GoldenFamily(string root, string folder, JsonElement info)
    {
        Root = root;
        Folder = folder;
        Info = info;
        Id = info.GetProperty("family").GetString()!;
        Title = info.GetProperty("title").GetString()!;
        Cases = [.. info.GetProperty("cases").EnumerateArray().Select(c => new GoldenCase(
            this,
            c.GetProperty("name").GetString()!,
            c.TryGetProperty("json", out var j) && j.ValueKind == JsonValueKind.String ? j.GetString()! : c.GetProperty("name").GetString() + ".json",
            c.TryGetProperty("tensors", out var t) && t.ValueKind == JsonValueKind.String ? t.GetString() : null))];
    }

    public string Root { get; }

    public string Folder { get; }

    public string Id { get; }

    public string Title { get; }

    public JsonElement Info { get; }

    public IReadOnlyList<GoldenCase> Cases { get; }

    /// <summary>A numeric entry of the family's <c>tolerance</c> object.</summary>
    public double Tolerance(string key) => Info.GetProperty("tolerance").GetProperty(key).GetDouble();

    /// <summary>Every family found under <paramref name="root"/>, in order.</summary>
    public static IReadOnlyList<GoldenFamily> ReadAll(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new DirectoryNotFoundException($"{root}: no such fixtures folder. Name one with --fixtures DIR.");
        }

        return [.. Directory.GetDirectories(root, "F*").Order(StringComparer.Ordinal)
            .Where(d => File.Exists(Path.Combine(d, "family.json")))
            .Select(d => new GoldenFamily(root, d, JsonDocument.Parse(File.ReadAllBytes(Path.Combine(d, "family.json"))).RootElement))];
    }
}
