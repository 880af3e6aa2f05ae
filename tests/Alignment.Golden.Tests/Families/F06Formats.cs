using System.Text.Json.Nodes;
using Alignment.Golden.Tests.Harness;
using Alignment.ModelCore.Data.Formats;

namespace Alignment.Golden.Tests.Families;

/// <summary>Raw formats of other tools.</summary>
internal static class F06Formats
{
    public static void Check(JsonArray rows)
    {
        // The files do not name the model of the unpaired UltraFeedback rows; the first answer that was taken tells it.
        var options = new RawFormatOptions { Model = rows.Where(r => Is(r, "ultrafeedback_unpaired") && r!["out"] is not null).Select(ModelOf).FirstOrDefault() ?? "" };
        foreach (var row in rows)
        {
            var format = row!["format"]!.GetValue<string>();
            if (!RawFormat.Names.Contains(format))
            {
                throw new UnsupportedCaseException("raw format " + format);
            }

            var what = $"{format} {row["in"]!.ToJsonString()}";
            var result = RawFormat.Convert(format, (JsonObject)row["in"]!, options);
            Expect.Equal($"{what} dropped", result.Dropped, row["dropped"]?.GetValue<string>());
            if (row["out"] is JsonArray many)
            {
                F06DataPreparation.Same(what, new JsonArray([.. result.Rows]), many);
            }
            else if (row["out"] is { } one)
            {
                F06DataPreparation.Same(what, result.Rows.Single(), one);
            }
        }
    }

    private static bool Is(JsonNode? row, string format) => row!["format"]!.GetValue<string>() == format;

    private static string? ModelOf(JsonNode? row) => row!["in"]!["completions"]!.AsArray()
        .FirstOrDefault(c => c!["response"]!.GetValue<string>() == row["out"]!["completion"]![0]!["content"]!.GetValue<string>())?["model"]!.GetValue<string>();
}
