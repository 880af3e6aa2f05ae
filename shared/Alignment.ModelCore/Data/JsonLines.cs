using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Reads JSON Lines strictly: UTF-8 (a byte-order mark is allowed), one object a line, blank lines skipped. Every bad line is
/// reported, not only the first.
/// </summary>
internal static class JsonLines
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Rows that <paramref name="read"/> makes of each object.</summary>
    /// <exception cref="DataException">At least one line is bad, or there is no line at all.</exception>
    public static IReadOnlyList<T> Read<T>(IEnumerable<string> files, Func<JsonLine, T?> read)
        where T : class
    {
        var rows = new List<T>();
        var problems = new List<DataProblem>();
        foreach (var file in files)
        {
            var before = rows.Count + problems.Count;
            foreach (var (number, bytes) in Lines(file, problems))
            {
                if (Parse(file, number, bytes.Span, problems) is { } o && read(new JsonLine(file, number, o, problems)) is { } row)
                {
                    if (row is DataRow known)
                    {
                        known.Origin = new(file, number);
                    }

                    rows.Add(row);
                }
            }

            if (rows.Count + problems.Count == before)
            {
                problems.Add(new(file, 1, null, "the file has no rows.", "Put one JSON object on each line."));
            }
        }

        return problems.Count == 0 ? rows : throw new DataException(problems);
    }

    // What the parser says of a field that an object has twice.
    private static readonly Regex Twice = new("[Dd]uplicate property '([^']*)'");

    private static JsonObject? Parse(string file, int number, ReadOnlySpan<byte> bytes, List<DataProblem> problems)
    {
        string text;
        try
        {
            text = Strict.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            problems.Add(new(file, number, null, $"byte {e.Index + 1} of the line is not UTF-8.", "Save the file as UTF-8 (for example: iconv -f latin1 -t utf-8)."));
            return null;
        }

        try
        {
            if (JsonNode.Parse(text, documentOptions: new() { AllowDuplicateProperties = false }) is JsonObject o)
            {
                return Whole(file, number, text, o, problems) ? o : null;
            }

            problems.Add(new(file, number, null, "the line is JSON but not an object.", "Each line must be one object in braces."));
        }
        catch (JsonException e)
        {
            problems.Add(new(file, number, null, $"the line is not valid JSON ({Brief(e)}).", Twice.IsMatch(e.Message) ? $"Remove one of the two fields '{Twice.Match(e.Message).Groups[1].Value}'." : "Put one complete JSON object on each line."));
        }

        return null;
    }

    // The parser lets half a surrogate pair pass; whoever reads that text later would fail.
    private static bool Whole(string file, int number, string text, JsonObject o, List<DataProblem> problems)
    {
        string? at = null;
        try
        {
            if (text.Contains("\\u", StringComparison.Ordinal))
            {
                foreach (var (field, value) in o)
                {
                    at = field;
                    value?.ToString();
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            problems.Add(new(file, number, at, "holds one half of a surrogate pair (\\ud800 … \\udfff), which is no character.", "Write the character itself, or both halves."));
            return false;
        }
    }

    private static string Brief(JsonException e) => e.Message.Split(" LineNumber")[0].TrimEnd('.') + (e.BytePositionInLine is { } p ? $", column {p + 1}" : "");

    internal static DataProblem Missing(string file) => Directory.Exists(file)
        ? new(file, 0, null, "is a folder.", "Name the file in it.")
        : new(file, 0, null, "the file does not exist.", "Check the path; it is relative to the folder the command runs in.");

    private static List<(int Number, ReadOnlyMemory<byte> Bytes)> Lines(string file, List<DataProblem> problems)
    {
        if (!File.Exists(file))
        {
            problems.Add(Missing(file));
            return [];
        }

        ReadOnlyMemory<byte> rest = File.ReadAllBytes(file);
        if (rest.Span.StartsWith(Encoding.UTF8.Preamble))
        {
            rest = rest[3..];
        }

        var lines = new List<(int, ReadOnlyMemory<byte>)>();
        for (var number = 1; rest.Length > 0; number++)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (line.Span.ContainsAnyExcept(" \t\r"u8))
            {
                lines.Add((number, line));
            }
        }

        return lines;
    }
}
