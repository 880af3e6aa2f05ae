using System.Text.Json;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>Reads <c>tokenizer.json</c> and the settings beside it.</summary>
internal static class TokenizerReader
{
    private const int MaxPadding = 1 << 20;

    public static Tokenizer Load(string path)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path;
        if (!File.Exists(file))
        {
            throw new TokenizerException($"{file}: no such file. Name a tokenizer.json or the folder of a model that has one.");
        }

        try
        {
            return Parse(File.ReadAllBytes(file), SettingsReader.Read(Path.GetDirectoryName(Path.GetFullPath(file))!));
        }
        catch (TokenizerException e) when (e.Message.StartsWith("tokenizer.json", StringComparison.Ordinal))
        {
            throw new TokenizerException(file + e.Message["tokenizer.json".Length..], e);
        }
    }

    public static Tokenizer Parse(ReadOnlySpan<byte> json, TokenizerSettings settings)
    {
        try
        {
            return Read(json.StartsWith("\uFEFF"u8) ? json[3..] : json, settings);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException or KeyNotFoundException)
        {
            throw new TokenizerException($"tokenizer.json: {e.Message}", e);
        }
    }

    private static Tokenizer Read(ReadOnlySpan<byte> json, TokenizerSettings settings)
    {
        var reader = new Utf8JsonReader(json);
        ModelFile? model = null;
        var parts = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new TokenizerException("tokenizer.json: an object is expected.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            if (name == "model")
            {
                model = ModelFile.Read(ref reader);
            }
            else
            {
                parts[name] = JsonElement.ParseValue(ref reader);
            }
        }

        while (reader.Read())
        {
        }

        return Build(model ?? throw new TokenizerException("tokenizer.json: model is missing."), parts, settings);
    }

    public static Tokenizer Build(ModelFile model, Dictionary<string, JsonElement> parts, TokenizerSettings settings)
    {
        T? Optional<T>(string name, Func<Part, T> build)
            where T : class => parts.TryGetValue(name, out var json) && json.ValueKind != JsonValueKind.Null ? build(new(json, name)) : null;

        var normalizer = Optional("normalizer", NormalizerFactory.Build);
        return new(model.Build(), new(Optional("added_tokens", Added) ?? [], normalizer), model)
        {
            Settings = settings,
            Normalizer = normalizer,
            PreTokenizer = Optional("pre_tokenizer", PreTokenizerFactory.Build),
            PostProcessor = Optional("post_processor", PostProcessorFactory.Build),
            Decoder = Optional("decoder", DecoderFactory.Build),
            Truncation = Optional("truncation", Truncate),
            Padding = Optional("padding", Pad),
            Parts = parts,
        };
    }

    private static List<AddedToken> Added(Part list)
    {
        if (list.Json.ValueKind != JsonValueKind.Array)
        {
            throw list.Error("a list is expected");
        }

        return [.. list.Json.EnumerateArray().Select((json, i) => new Part(json, $"added_tokens[{i}]")).Select(p => new AddedToken
        {
            Id = p.Number("id"),
            Content = p.Text("content"),
            SingleWord = p.Flag("single_word", false),
            StripLeft = p.Flag("lstrip", false),
            StripRight = p.Flag("rstrip", false),
            Special = p.Flag("special", false),
            Normalized = p.Flag("normalized", !p.Flag("special", false)),
        })];
    }

    private static Truncation Truncate(Part part) => new(part.Number("max_length"), part.Choice<TruncationStrategy>("strategy"), part.Number("stride", 0),
        part.Has("direction") ? part.Choice<TokenSide>("direction") : TokenSide.Right);

    // A file must not make every text huge.
    private static int PadLength(Part part, string name) => part.Number(name) is var n && n <= MaxPadding ? n : throw part.Error($"{name} is larger than {MaxPadding}");

    private static Padding Pad(Part part)
    {
        var strategy = part.Child("strategy");
        return new(part.Number("pad_id"), part.Text("pad_token"), part.Choice<TokenSide>("direction"),
            strategy.Has("Fixed") ? PadLength(strategy, "Fixed") : strategy.Text() == "BatchLongest" ? null : throw strategy.Error("not supported"),
            part.Has("pad_to_multiple_of") ? PadLength(part, "pad_to_multiple_of") : null, part.Number("pad_type_id", 0));
    }
}
