using System.Text.Encodings.Web;
using System.Text.Json;

namespace Alignment.Datasets.Import;

/// <summary>Rows that passed, each with its prompt group and its canonical JSON line.</summary>
internal sealed record ImportedRow(string Group, string Json);

/// <param name="Duplicates">Rows left out because an equal one stands earlier.</param>
internal sealed record ImportResult(IReadOnlyList<ImportedRow> Rows, int Duplicates, ImportProblems Problems);

/// <summary>Reads JSON Lines whole and reports every fault before anything is stored.</summary>
internal static class DatasetImport
{
    /// <summary>One spelling for every snapshot: compact, non-ASCII as itself.</summary>
    public static readonly JsonSerializerOptions Canonical = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="file">The name that problems show.</param>
    /// <param name="kind"><see cref="RowRules.Sft"/> or <see cref="RowRules.Preference"/>.</param>
    public static async Task<ImportResult> ReadAsync(Stream stream, string file, string kind, CancellationToken ct)
    {
        var problems = new ImportProblems(file);
        var rows = new List<ImportedRow>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var duplicates = 0;
        var lines = 0;
        await foreach (var (number, bytes) in LineReader.ReadAsync(stream, problems, ct))
        {
            lines++;
            if (RowParser.Parse(number, bytes.Span, problems) is not { } row || RowRules.Group(kind, row, number, problems) is not { } group)
            {
                continue;
            }

            var json = row.ToJsonString(Canonical);
            if (seen.Add(json))
            {
                rows.Add(new ImportedRow(group, json));
            }
            else
            {
                duplicates++;
            }
        }

        if (lines == 0 && problems.Count == 0)
        {
            problems.Add(0, null, "no-rows", "The file has no rows.", "Put one JSON object on each line.");
        }

        return new ImportResult(rows, duplicates, problems);
    }
}
