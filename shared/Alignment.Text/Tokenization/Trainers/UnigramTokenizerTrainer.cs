using System.Text.Json;
using System.Text.Json.Nodes;
using Alignment.Text.Tokenization.Serialization;

namespace Alignment.Text.Tokenization.Trainers;

/// <summary>Trains a unigram tokenizer with SentencePiece's visible blanks from texts. Deterministic.</summary>
public sealed record UnigramTokenizerTrainer
{
    /// <summary>Number of ids, special tokens included. Default 8000.</summary>
    public int VocabularySize { get; init; } = 8000;

    /// <summary>Tokens that get the first ids; <see cref="UnknownToken"/> must be one of them.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<unk>", "<s>", "</s>"];

    public string UnknownToken { get; init; } = "<unk>";

    /// <summary>Longest piece in characters. Default 16.</summary>
    public int MaxPieceLength { get; init; } = 16;

    public Tokenizer Train(IEnumerable<string> texts, CancellationToken cancellationToken = default)
    {
        var unknown = SpecialTokens.ToList().IndexOf(UnknownToken);
        if (unknown < 0)
        {
            throw new ArgumentException($"The special tokens must include the unknown token {UnknownToken}.");
        }

        JsonObject Metaspace() => new() { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = "always", ["split"] = true };
        var words = WordCounts.Of(texts, null, PreTokenizerFactory.Build(new(JsonSerializer.SerializeToElement(Metaspace()), "pre_tokenizer")), cancellationToken);
        var pieces = new UnigramTrainer { VocabularySize = VocabularySize, Pieces = VocabularySize - SpecialTokens.Count, MaxPieceLength = MaxPieceLength }
            .Train(words, cancellationToken);
        var file = new ModelFile { Pieces = [.. SpecialTokens.Select(t => (t, 0.0)), .. pieces] };
        file.Scalars["type"] = JsonSerializer.SerializeToElement("Unigram");
        file.Scalars["unk_id"] = JsonSerializer.SerializeToElement(unknown);
        file.Scalars["byte_fallback"] = JsonSerializer.SerializeToElement(false);
        return TokenizerReader.Build(file, new(StringComparer.Ordinal)
        {
            ["added_tokens"] = JsonSerializer.SerializeToElement(SpecialTokens.Select((t, i) => new JsonObject
            {
                ["id"] = i, ["content"] = t, ["single_word"] = false, ["lstrip"] = false, ["rstrip"] = false, ["normalized"] = false, ["special"] = true,
            })),
            ["pre_tokenizer"] = JsonSerializer.SerializeToElement(Metaspace()),
            ["decoder"] = JsonSerializer.SerializeToElement(Metaspace()),
        }, new());
    }
}
