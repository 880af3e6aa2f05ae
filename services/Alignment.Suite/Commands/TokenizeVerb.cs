using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Alignment.Text.Tokenization;

namespace Alignment.Suite.Commands;

/// <summary><c>align tokenize</c>: a file of texts or ids through a tokenizer, a line at a time, in order.</summary>
internal sealed class TokenizeVerb : IVerb
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Command Build()
    {
        var source = new Argument<string>("tokenizer") { Description = "A model's folder or its tokenizer.json." };
        var input = new Option<FileInfo>("--jsonl") { Description = "Lines with \"text\" or \"ids\".", Required = true };
        var output = new Option<FileInfo>("--out") { Description = "Where the lines with ids, tokens, offsets and text go.", Required = true };
        var special = new Option<bool>("--special") { Description = "Add the tokenizer's special tokens to texts." };
        var skip = new Option<bool>("--skip-special") { Description = "Leave special tokens out of the decoded text." };
        var command = new Command("tokenize", "Turn texts into token ids and ids into texts. Offsets are [start0, end0, start1, end1, …] in Unicode code points.") { source, input, output, special, skip };
        command.SetAction((parse, cancel) =>
        {
            try
            {
                var tokenizer = Tokenizer.Load(parse.GetValue(source)!);
                var (add, drop) = (parse.GetValue(special), parse.GetValue(skip));
                LineFile.Transform(parse.GetValue(input)!, parse.GetValue(output)!, (line, where) => Line(tokenizer, line, where, add, drop), cancel);
                return Task.FromResult(0);
            }
            catch (Exception e) when (e is not OperationCanceledException && ExitCode.Of(e) is { } code)
            {
                Console.Error.WriteLine(e.Message);
                return Task.FromResult(code);
            }
        });
        return command;
    }

    private static byte[] Line(Tokenizer tokenizer, string line, string where, bool special, bool skip)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
            {
                var encoded = tokenizer.Encode(text.GetString()!, special);
                return Write(encoded.Ids, encoded.Tokens, encoded.Offsets, tokenizer.Decode(encoded.Ids, skip));
            }

            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("ids", out var list) && list.ValueKind == JsonValueKind.Array)
            {
                int[] ids = [.. list.EnumerateArray().Select(i => i.GetInt32())];
                return Write(ids, [.. ids.Select(i => tokenizer.IdToToken(i) ?? throw new InvalidDataException($"{where}: id {i} is not in the vocabulary."))], [], tokenizer.Decode(ids, skip));
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"{where}: {e.Message}", e);
        }
        catch (TokenizerException e)
        {
            throw new InvalidDataException($"{where}: {e.Message}", e);
        }

        throw new InvalidDataException($"{where}: an object with \"text\" (a string) or \"ids\" (a list of numbers) is expected.");
    }

    private static byte[] Write(int[] ids, string[] tokens, (int Start, int End)[] offsets, string text)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Json))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("ids");
            foreach (var id in ids)
            {
                writer.WriteNumberValue(id);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("tokens");
            foreach (var token in tokens)
            {
                writer.WriteStringValue(token);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("offsets");
            foreach (var (start, end) in offsets)
            {
                writer.WriteNumberValue(start);
                writer.WriteNumberValue(end);
            }

            writer.WriteEndArray();
            writer.WriteString("text", text);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
