using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Alignment.Datasets.Import;

/// <summary>One line to a JSON object, or to a problem: strict UTF-8, no duplicate keys, at most 32 levels, no lone surrogates.</summary>
internal static class RowParser
{
    private const int Depth = 32;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static JsonObject? Parse(int line, ReadOnlySpan<byte> bytes, ImportProblems problems)
    {
        try
        {
            var text = Strict.GetString(bytes);
            var node = JsonNode.Parse(text, documentOptions: new() { AllowDuplicateProperties = false, MaxDepth = Depth });
            if (node is JsonObject row)
            {
                ReadAllText(row);
                return row;
            }

            problems.Add(line, null, "not-an-object", "The line is JSON but not an object.", "Put one object in braces on each line.");
        }
        catch (DecoderFallbackException fault)
        {
            problems.Add(line, null, "not-utf8", $"Byte {fault.Index + 1} of the line is not UTF-8.", "Save the file as UTF-8, for example: iconv -f latin1 -t utf-8 OLD > NEW.");
        }
        catch (JsonException fault) when (fault.Message.Contains("Duplicate", StringComparison.OrdinalIgnoreCase))
        {
            problems.Add(line, null, "duplicate-key", "A key stands twice in one object.", "Keep one of the two.");
        }
        catch (JsonException fault) when (fault.Message.Contains("maximum configured depth", StringComparison.Ordinal))
        {
            problems.Add(line, null, "too-deep", $"The objects are nested deeper than {Depth} levels.", "Flatten the row; a conversation needs three levels.");
        }
        catch (JsonException fault)
        {
            problems.Add(line, null, "malformed-json", $"The line is not valid JSON{(fault.BytePositionInLine is { } at ? $" (column {at + 1})" : "")}.", "Put one complete JSON object on each line.");
        }
        catch (InvalidOperationException)
        {
            problems.Add(line, null, "lone-surrogate", "A \\u escape is half of a surrogate pair.", "Write the character itself in UTF-8, or both halves.");
        }

        return null;
    }

    // A lone surrogate in an escape shows only when the text is read out; then it throws InvalidOperationException.
    private static void ReadAllText(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject o:
                foreach (var (_, value) in o)
                {
                    ReadAllText(value);
                }

                break;
            case JsonArray a:
                foreach (var value in a)
                {
                    ReadAllText(value);
                }

                break;
            case JsonValue v when v.GetValueKind() == JsonValueKind.String:
                v.GetValue<string>();
                break;
        }
    }
}
