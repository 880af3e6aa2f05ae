using System.Text.Json;
using Alignment.Text.Tokenization.Models;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>The <c>model</c> object of a <c>tokenizer.json</c>: its large parts as lists, the rest as JSON.</summary>
internal sealed class ModelFile
{
    public Dictionary<string, int>? Vocabulary { get; set; }

    public List<(string Piece, double Score)>? Pieces { get; set; }

    public List<(string Left, string Right)>? Merges { get; set; }

    public Dictionary<string, JsonElement> Scalars { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads the object that the reader stands on, straight from the bytes: no document for 200,000 entries.</summary>
    public static ModelFile Read(ref Utf8JsonReader reader)
    {
        var file = new ModelFile();
        Expect(ref reader, JsonTokenType.StartObject, "model: an object is expected");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "vocab" when reader.TokenType == JsonTokenType.StartArray:
                    file.Pieces = ReadPieces(ref reader);
                    break;
                case "vocab":
                    file.Vocabulary = ReadVocabulary(ref reader);
                    break;
                case "merges" when reader.TokenType != JsonTokenType.Null:
                    file.Merges = ReadMerges(ref reader, file.Vocabulary ?? []);
                    break;
                default:
                    file.Scalars[name] = JsonElement.ParseValue(ref reader);
                    break;
            }
        }

        return file;
    }

    /// <summary>The model's JSON without its lists.</summary>
    public Part Part
    {
        get
        {
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream))
            {
                writer.WriteStartObject();
                foreach (var (name, value) in Scalars)
                {
                    writer.WritePropertyName(name);
                    value.WriteTo(writer);
                }

                writer.WriteEndObject();
            }

            return new(JsonDocument.Parse(stream.ToArray()).RootElement.Clone(), "model");
        }
    }

    /// <summary>The declared type, or what older files without one must be.</summary>
    public string Type => Scalars.TryGetValue("type", out var t) && t.ValueKind == JsonValueKind.String ? t.GetString()!
        : Pieces is not null ? "Unigram"
        : Merges is not null ? "BPE"
        : Scalars.ContainsKey("continuing_subword_prefix") ? "WordPiece" : "WordLevel";

    public ITokenModel Build()
    {
        var part = Part;
        switch (Type)
        {
            case "BPE":
                var dropout = part.Has("dropout") && !(part.Child("dropout").Json is { ValueKind: JsonValueKind.Number } d && d.GetDouble() == 0);
                return dropout ? throw part.Error("dropout is not supported: encoding must not be random") : new BytePairModel(new(Entries(part)), Merges ?? [], new()
                {
                    UnknownToken = part.Has("unk_token") ? part.Text("unk_token") : null,
                    ContinuingSubwordPrefix = part.Has("continuing_subword_prefix") ? part.Text("continuing_subword_prefix") : null,
                    EndOfWordSuffix = part.Has("end_of_word_suffix") ? part.Text("end_of_word_suffix") : null,
                    FuseUnknown = part.Flag("fuse_unk", false),
                    ByteFallback = part.Flag("byte_fallback", false),
                    IgnoreMerges = part.Flag("ignore_merges", false),
                });
            case "Unigram":
                return new UnigramModel(Pieces ?? throw part.Error("vocab must be a list of pieces with scores"), part.Has("unk_id") ? part.Number("unk_id") : null, part.Flag("byte_fallback", false));
            case "WordPiece":
                return new WordPieceModel(new(Entries(part)), part.Text("unk_token", "[UNK]"), part.Text("continuing_subword_prefix", "##"), part.Number("max_input_chars_per_word", 100));
            case "WordLevel":
                return new WordLevelModel(new(Entries(part)), part.Text("unk_token", "<unk>"));
            default:
                throw part.Unsupported();
        }
    }

    private Dictionary<string, int> Entries(Part part) => Vocabulary ?? throw part.Error("vocab must be an object of tokens and ids");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type, string message)
    {
        if (reader.TokenType != type)
        {
            throw new TokenizerException($"tokenizer.json: {message}.");
        }
    }

    private static Dictionary<string, int> ReadVocabulary(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "model.vocab: an object or a list is expected");
        var result = new Dictionary<string, int>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var token = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var id) || id < 0)
            {
                throw new TokenizerException($"tokenizer.json: model.vocab: the id of \"{token}\" must be a whole number from 0 to 2147483647.");
            }

            result[token] = id;
        }

        return result;
    }

    private static List<(string Piece, double Score)> ReadPieces(ref Utf8JsonReader reader)
    {
        var result = new List<(string, double)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType == JsonTokenType.String && reader.GetString() is { } piece
                && reader.Read() && reader.TokenType == JsonTokenType.Number && reader.GetDouble() is var score && reader.Read() && reader.TokenType == JsonTokenType.EndArray)
            {
                result.Add((piece, score));
                continue;
            }

            throw new TokenizerException($"tokenizer.json: model.vocab[{result.Count}]: a piece and its score are expected.");
        }

        return result;
    }

    // Half a million merges name tokens of the vocabulary: its own strings serve, and none is made twice.
    private static List<(string Left, string Right)> ReadMerges(ref Utf8JsonReader reader, Dictionary<string, int> vocabulary)
    {
        Expect(ref reader, JsonTokenType.StartArray, "model.merges: a list is expected");
        var known = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        string Token(ReadOnlySpan<char> text) => known.TryGetValue(text, out var own, out _) ? own : text.ToString();
        var result = new List<(string, string)>(vocabulary.Count);
        var buffer = new char[256];
        ReadOnlySpan<char> Text(ref Utf8JsonReader r)
        {
            if (r.ValueSpan.Length > buffer.Length)
            {
                buffer = new char[r.ValueSpan.Length * 2];
            }

            return buffer.AsSpan(0, r.CopyString(buffer));
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                var text = Text(ref reader);
                if (text.StartsWith("#version", StringComparison.Ordinal))
                {
                    continue;
                }

                var blank = text.IndexOf(' ');
                if (blank >= 0 && !text[(blank + 1)..].Contains(' '))
                {
                    result.Add((Token(text[..blank]), Token(text[(blank + 1)..])));
                    continue;
                }
            }
            else if (reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType == JsonTokenType.String && Token(Text(ref reader)) is { } left
                && reader.Read() && reader.TokenType == JsonTokenType.String && Token(Text(ref reader)) is { } right && reader.Read() && reader.TokenType == JsonTokenType.EndArray)
            {
                result.Add((left, right));
                continue;
            }

            throw new TokenizerException($"tokenizer.json: model.merges[{result.Count}]: two tokens are expected, as \"left right\" or as a list.");
        }

        return result;
    }
}
