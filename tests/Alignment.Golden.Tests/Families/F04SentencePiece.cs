using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Tokenization.Models;
using Alignment.Text.Tokenization.Trainers;

namespace Alignment.Golden.Tests.Families;

/// <summary>Unigram training as Google's trainer does it.</summary>
internal static class F04SentencePiece
{
    // Options that say what the product does anyway.
    private static readonly Dictionary<string, string> Fixed = new()
    {
        ["model_type"] = "unigram", ["num_threads"] = "1", ["hard_vocab_limit"] = "False", ["normalization_rule_name"] = "identity", ["shuffle_input_sentence"] = "False",
    };

    public static void Check(List<string> corpus, JsonElement row, double tolerance)
    {
        var trainer = row.GetProperty("trainer").EnumerateObject().Aggregate(new SentencePieceTrainer(), With);
        var pieces = trainer.Train(corpus);
        Compare(pieces, row.GetProperty("out"), tolerance);
        var model = new UnigramModel([("<unk>", -100), .. pieces], 0, byteFallback: false);
        foreach (var e in row.GetProperty("out").GetProperty("encode").EnumerateArray())
        {
            Lists.Equal($"encode {e.GetProperty("text")}", [.. model.Tokenize(trainer.Normalize(e.GetProperty("text").GetString()!)).Select(x => x.Value)], [.. e.GetProperty("pieces").EnumerateArray().Select(p => p.GetString()!)]);
        }
    }

    private static SentencePieceTrainer With(SentencePieceTrainer t, JsonProperty option)
    {
        var value = option.Value;
        return option.Name switch
        {
            "vocab_size" => t with { VocabularySize = value.GetInt32() },
            "character_coverage" => t with { CharacterCoverage = value.GetDouble() },
            "add_dummy_prefix" => t with { AddDummyPrefix = value.GetBoolean() },
            "remove_extra_whitespaces" => t with { RemoveExtraWhitespaces = value.GetBoolean() },
            "max_sentence_length" => t with { MaxSentenceLength = value.GetInt32() },
            "num_sub_iterations" => t with { SubIterations = value.GetInt32() },
            "shrinking_factor" => t with { ShrinkingFactor = value.GetDouble() },
            "seed_sentencepiece_size" => t with { SeedSize = value.GetInt32() },
            "max_sentencepiece_length" => t with { Rules = t.Rules with { MaxPieceLength = value.GetInt32() } },
            "split_by_unicode_script" => t with { Rules = t.Rules with { SplitByUnicodeScript = value.GetBoolean() } },
            "split_by_number" => t with { Rules = t.Rules with { SplitByNumber = value.GetBoolean() } },
            "split_by_whitespace" => t with { Rules = t.Rules with { SplitByWhitespace = value.GetBoolean() } },
            "split_digits" => t with { Rules = t.Rules with { SplitDigits = value.GetBoolean() } },
            "treat_whitespace_as_suffix" => t with { Rules = t.Rules with { BlankIsSuffix = value.GetBoolean() } },
            "allow_whitespace_only_pieces" => t with { Rules = t.Rules with { AllowBlankPieces = value.GetBoolean() } },
            _ => Fixed.TryGetValue(option.Name, out var fact) && string.Equals(value.ToString(), fact, StringComparison.OrdinalIgnoreCase)
                ? t : throw new UnsupportedCaseException($"SentencePiece option {option.Name} = {value}"),
        };
    }

    // Same pieces, scores within the tolerance, and in the order of ids wherever scores differ by more than that.
    private static void Compare(List<(string Piece, double Score)> actual, JsonElement output, double tolerance)
    {
        string[] pieces = [.. output.GetProperty("pieces").EnumerateArray().Select(p => p.GetString()!)];
        double[] scores = [.. output.GetProperty("scores").EnumerateArray().Select(s => s.GetDouble())];
        var missing = pieces.Except(actual.Select(a => a.Piece)).ToList();
        if (missing.Count > 0 || actual.Count != pieces.Length)
        {
            throw new GoldenMismatchException($"SentencePiece: {actual.Count} pieces for {pieces.Length}; misses {string.Join(' ', missing)}; has {string.Join(' ', actual.Select(a => a.Piece).Except(pieces))}");
        }

        var known = actual.ToDictionary(a => a.Piece, a => a.Score);
        Expect.Close("scores", [.. pieces.Select(p => known[p])], scores, tolerance);
        Expect.Close("scores in id order", [.. actual.Select(a => a.Score)], scores, tolerance);
    }
}
