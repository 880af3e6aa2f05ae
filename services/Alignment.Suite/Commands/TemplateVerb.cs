using System.CommandLine;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Alignment.Text.Templates;

namespace Alignment.Suite.Commands;

/// <summary><c>align template</c>: a file of conversations through a chat template, a line at a time, in order.</summary>
internal sealed class TemplateVerb : IVerb
{
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Command Build()
    {
        var source = new Argument<string>("template") { Description = "A model's folder, or a .jinja file." };
        var input = new Option<FileInfo>("--jsonl") { Description = "Lines with messages, and optionally tools, documents, add_generation_prompt, continue_final_message, kwargs.", Required = true };
        var output = new Option<FileInfo>("--out") { Description = "Where the lines with text and generation_spans, or error, go.", Required = true };
        var now = new Option<string>("--now") { Description = "What strftime_now shows, such as 2026-02-03T14:05:09; default the local time." };
        var command = new Command("template", "Render conversations with a chat template. Spans are [start, end) in Unicode code points.") { source, input, output, now };
        command.SetAction((parse, cancel) =>
        {
            try
            {
                var clock = Clock(parse.GetValue(now));
                var templates = TemplateSource.Read(parse.GetValue(source)!);
                LineFile.Transform(parse.GetValue(input)!, parse.GetValue(output)!, (line, where) => Line(templates, clock, line, where), cancel);
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

    /// <summary>The clock face that is written: a zone, if any, does not shift it.</summary>
    private static DateTimeOffset? Clock(string? text) => text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new InvalidDataException($"--now {text}: not a time; write it like 2026-02-03T14:05:09.");

    private static byte[] Line(TemplateSource templates, DateTimeOffset? now, string line, string where)
    {
        using var json = Parse(line, where);
        try
        {
            var request = Request(json.RootElement, templates.SpecialTokens, now);
            var rendered = templates.For(request).Render(request);
            return Write(w =>
            {
                w.WriteString("text", Writable(rendered.Text));
                w.WriteStartArray("generation_spans");
                foreach (var span in rendered.GenerationSpans)
                {
                    w.WriteStartArray();
                    w.WriteNumberValue(span.Start);
                    w.WriteNumberValue(span.End);
                    w.WriteEndArray();
                }

                w.WriteEndArray();
            });
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{where}: {e.Message}", e);
        }
        catch (TemplateException e)
        {
            return Write(w =>
            {
                w.WriteStartObject("error");
                w.WriteString("kind", e.Kind);
                w.WriteString("message", Writable(e.Message));
                w.WriteNumber("line", e.Line);
                w.WriteNumber("column", e.Column);
                w.WriteEndObject();
            });
        }
    }

    private static JsonDocument Parse(string line, string where)
    {
        try
        {
            var json = JsonDocument.Parse(line);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("messages", out var m) && m.ValueKind == JsonValueKind.Array
                ? json : throw new InvalidDataException($"{where}: an object with \"messages\" (a list) is expected.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{where}: {e.Message}", e);
        }
    }

    private static ChatRequest Request(JsonElement line, IReadOnlyDictionary<string, string> special, DateTimeOffset? now)
    {
        JsonElement? Optional(string name) => line.TryGetProperty(name, out var e) && e.ValueKind != JsonValueKind.Null ? e : null;
        var goOn = Optional("continue_final_message");
        return new()
        {
            Messages = line.GetProperty("messages"),
            Tools = Optional("tools"),
            Documents = Optional("documents"),
            AddGenerationPrompt = Optional("add_generation_prompt") is { ValueKind: JsonValueKind.True },
            ContinueFinalMessage = goOn is { ValueKind: JsonValueKind.True or JsonValueKind.String },
            ContinueField = goOn is { ValueKind: JsonValueKind.String } field ? field.GetString()! : "content",
            SpecialTokens = special,
            Variables = Optional("kwargs"),
            Now = now,
        };
    }

    /// <summary>UTF-8 has no lone surrogates; a template can make one with an escape.</summary>
    private static string Writable(string text) => text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text
        : string.Concat(text.EnumerateRunes().Select(r => r.ToString()));

    private static byte[] Write(Action<Utf8JsonWriter> properties)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, Json))
        {
            writer.WriteStartObject();
            properties(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }
}
