using System.Text.Encodings.Web;
using System.Text.Json;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>Writes <c>tokenizer.json</c> as the tokenizers library lays it out.</summary>
internal static class TokenizerWriter
{
    private static readonly string[] Order = ["version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"];

    public static void Save(Tokenizer tokenizer, string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path;
        using var stream = File.Create(file);
        Write(tokenizer, stream);
    }

    public static void Write(Tokenizer tokenizer, Stream stream)
    {
        using var writer = new Utf8JsonWriter(stream, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" });
        writer.WriteStartObject();
        foreach (var name in Order)
        {
            writer.WritePropertyName(name);
            Write(writer, tokenizer, name);
        }

        writer.WritePropertyName("model");
        WriteModel(writer, tokenizer.File);
        foreach (var (name, value) in tokenizer.Parts.Where(p => !Order.Contains(p.Key)))
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Tokenizer tokenizer, string name)
    {
        if (name == "truncation" && tokenizer.Truncation is { } t)
        {
            writer.WriteStartObject();
            writer.WriteString("direction", t.Side.ToString());
            writer.WriteNumber("max_length", t.MaxLength);
            writer.WriteString("strategy", t.Strategy.ToString());
            writer.WriteNumber("stride", t.Stride);
            writer.WriteEndObject();
        }
        else if (name == "padding" && tokenizer.Padding is { } p)
        {
            WritePadding(writer, p);
        }
        else if (name is not ("truncation" or "padding") && tokenizer.Parts.TryGetValue(name, out var json))
        {
            json.WriteTo(writer);
        }
        else if (name == "version")
        {
            writer.WriteStringValue("1.0");
        }
        else if (name == "added_tokens")
        {
            writer.WriteStartArray();
            writer.WriteEndArray();
        }
        else
        {
            writer.WriteNullValue();
        }
    }

    private static void WritePadding(Utf8JsonWriter writer, Padding p)
    {
        writer.WriteStartObject();
        if (p.Length is { } length)
        {
            writer.WriteStartObject("strategy");
            writer.WriteNumber("Fixed", length);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteString("strategy", "BatchLongest");
        }

        writer.WriteString("direction", p.Side.ToString());
        if (p.ToMultipleOf is { } multiple)
        {
            writer.WriteNumber("pad_to_multiple_of", multiple);
        }
        else
        {
            writer.WriteNull("pad_to_multiple_of");
        }

        writer.WriteNumber("pad_id", p.PadId);
        writer.WriteNumber("pad_type_id", p.PadTypeId);
        writer.WriteString("pad_token", p.PadToken);
        writer.WriteEndObject();
    }

    private static void WriteModel(Utf8JsonWriter writer, ModelFile model)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in model.Scalars)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        if (model.Vocabulary is not null)
        {
            writer.WriteStartObject("vocab");
            foreach (var (token, id) in model.Vocabulary.OrderBy(v => v.Value))
            {
                writer.WriteNumber(token, id);
            }

            writer.WriteEndObject();
        }

        if (model.Pieces is not null)
        {
            writer.WriteStartArray("vocab");
            foreach (var (piece, score) in model.Pieces)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(piece);
                writer.WriteNumberValue(score);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }

        if (model.Merges is not null)
        {
            writer.WriteStartArray("merges");
            foreach (var (left, right) in model.Merges)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(left);
                writer.WriteStringValue(right);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
