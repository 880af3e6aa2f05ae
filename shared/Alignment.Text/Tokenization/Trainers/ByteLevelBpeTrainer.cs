using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Text.Tokenization.Serialization;

namespace Alignment.Text.Tokenization.Trainers;

/// <summary>Trains a byte-level BPE tokenizer from texts: every byte has a token, so any text can be encoded. Deterministic.</summary>
public sealed record ByteLevelBpeTrainer
{
    /// <summary>Number of ids, special tokens and the 256 bytes included. Default 8192.</summary>
    public int VocabularySize { get; init; } = 8192;

    /// <summary>Merges rarer than this are not learnt. Default 2.</summary>
    public int MinFrequency { get; init; } = 2;

    /// <summary>Tokens that get the first ids, are never split and can be skipped in decoding.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<|endoftext|>"];

    public bool AddPrefixSpace { get; init; }

    /// <summary>The regular expression that cuts words; null is GPT-2's.</summary>
    public string? Pattern { get; init; }

    /// <summary>Longest token in bytes; null is unlimited.</summary>
    public int? MaxTokenLength { get; init; }

    public Tokenizer Train(IEnumerable<string> texts, CancellationToken cancellationToken = default)
    {
        var preTokenizer = PreTokenizerJson();
        var words = WordCounts.Of(texts, null, PreTokenizerFactory.Build(new(Element(preTokenizer), "pre_tokenizer")), cancellationToken);
        var (tokens, merges) = new BytePairTrainer
        {
            VocabularySize = VocabularySize,
            MinFrequency = MinFrequency,
            SpecialTokens = SpecialTokens,
            InitialAlphabet = ByteAlphabet.Chars,
            MaxTokenLength = MaxTokenLength is { } max ? max + 1 : null,
        }.Train(words, cancellationToken);

        var file = new ModelFile { Vocabulary = tokens.Select((t, i) => (t, i)).ToDictionary(x => x.t, x => x.i, StringComparer.Ordinal), Merges = merges };
        foreach (var (name, value) in ModelJson())
        {
            file.Scalars[name] = Element(value);
        }

        return TokenizerReader.Build(file, new(StringComparer.Ordinal)
        {
            ["added_tokens"] = Element(AddedJson()),
            ["pre_tokenizer"] = Element(preTokenizer),
            ["post_processor"] = Element(ByteLevel(AddPrefixSpace, useRegex: true)),
            ["decoder"] = Element(ByteLevel(true, useRegex: true)),
        }, new());
    }

    private static JsonObject ModelJson() => new()
    {
        ["type"] = "BPE", ["dropout"] = null, ["unk_token"] = null, ["continuing_subword_prefix"] = null, ["end_of_word_suffix"] = null,
        ["fuse_unk"] = false, ["byte_fallback"] = false, ["ignore_merges"] = false,
    };

    private static JsonObject ByteLevel(bool addPrefixSpace, bool useRegex) =>
        new() { ["type"] = "ByteLevel", ["add_prefix_space"] = addPrefixSpace, ["trim_offsets"] = true, ["use_regex"] = useRegex };

    private static JsonElement Element(JsonNode? node) => JsonSerializer.SerializeToElement(node);

    private JsonObject PreTokenizerJson() => Pattern is null ? ByteLevel(AddPrefixSpace, useRegex: true) : new()
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
            new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = Pattern }, ["behavior"] = "Isolated", ["invert"] = false },
            ByteLevel(AddPrefixSpace, useRegex: false)),
    };

    private JsonArray AddedJson() => [.. SpecialTokens.Select((t, i) => (JsonNode)new JsonObject
    {
        ["id"] = i, ["content"] = t, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
    })];
}
