using System.Text.Encodings.Web;
using System.Text.Json;

namespace Alignment.Suite.Commands.Bench;

/// <summary>How benchmarks print: plain columns, and the same numbers as JSON.</summary>
internal static class BenchTable
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>The first row is the head; the first column is left-aligned, the others right.</summary>
    public static void Print(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = Enumerable.Range(0, rows.Max(r => r.Count)).Select(c => rows.Where(r => r.Count > c).Max(r => r[c].Length)).ToArray();
        foreach (var row in rows)
        {
            Console.WriteLine(string.Join("  ", row.Select((cell, c) => c == 0 ? cell.PadRight(widths[c]) : cell.PadLeft(widths[c]))).TrimEnd());
        }
    }

    /// <summary>Writes <paramref name="value"/> with snake_case names; nothing when no file is asked for.</summary>
    public static void WriteJson(string? path, object value)
    {
        if (path is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(path, JsonSerializer.Serialize(value, Readable) + "\n");
        }
    }
}
