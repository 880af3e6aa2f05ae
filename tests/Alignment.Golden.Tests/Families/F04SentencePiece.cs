using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Tokenization;
using Alignment.Text.Tokenization.Models;
using Alignment.Text.Tokenization.Trainers;

namespace Alignment.Golden.Tests.Families;

/// <summary>Unigram training as Google's trainer does it.</summary>
internal static class F04SentencePiece
{
    // Options that say what the product does anyway.
    private static readonly Dictionary<string, string> Fixed = new()
    {
        ["model_type"] = "unigram", ["num_threads"] = "1", ["character_coverage"] = "1.0", ["hard_vocab_limit"] = "False", ["normalization_rule_name"] = "identity",
        ["remove_extra_whitespaces"] = "False", ["shuffle_input_sentence"] = "False",
    };

    public static void Check(List<string> corpus, JsonElement row, double tolerance)
    {
        var t = row.GetProperty("trainer");
        foreach (var option in t.EnumerateObject())
        {
            var known = Fixed.TryGetValue(option.Name, out var value) ? string.Equals(option.Value.ToString(), value, StringComparison.OrdinalIgnoreCase)
                : option.Name is "vocab_size" or "add_dummy_prefix" or "max_sentencepiece_length" or "num_sub_iterations" or "shrinking_factor" or "split_by_unicode_script" or "split_by_number" or "split_by_whitespace" or "split_digits";
            if (!known)
            {
                throw new UnsupportedCaseException($"SentencePiece option {option.Name} = {option.Value}");
            }
        }

        bool Flag(string name, bool missing) => t.TryGetProperty(name, out var v) ? v.GetBoolean() : missing;
        var rules = new SentencePieceRules
        {
            AddDummyPrefix = Flag("add_dummy_prefix", true), SplitByWhitespace = Flag("split_by_whitespace", true), SplitDigits = Flag("split_digits", false),
            SplitByNumber = Flag("split_by_number", true), SplitByUnicodeScript = Flag("split_by_unicode_script", true),
        };
        List<(int[], long)> sentences = [.. corpus.Where(l => l.Length > 0).Select(l => (rules.Normalize(l), 1L))];
        List<(int[], long)> words = [.. sentences.SelectMany(s => rules.Words(s.Item1)).GroupBy(w => CodePoints.ToText(w)).Select(g => (Word: g.First(), Count: (long)g.Count(), g.Key))
            .OrderByDescending(w => w.Count).ThenBy(w => w.Key, StringComparer.Ordinal).Select(w => (w.Word, w.Count))];
        var size = t.GetProperty("vocab_size").GetInt32();
        var pieces = new UnigramTrainer
        {
            VocabularySize = size,
            Pieces = size - 3,
            SentencePieceOrder = true,
            IsValid = rules.IsValid,
            MaxPieceLength = t.TryGetProperty("max_sentencepiece_length", out var longest) ? longest.GetInt32() : 16,
            ShrinkingFactor = t.TryGetProperty("shrinking_factor", out var factor) ? factor.GetDouble() : 0.75,
            SubIterations = t.TryGetProperty("num_sub_iterations", out var iterations) ? iterations.GetInt32() : 2,
        }.Train(sentences, words);
        Compare(pieces, row.GetProperty("out"), tolerance);
        var model = new UnigramModel([("<unk>", -100), .. pieces], 0, byteFallback: false);
        foreach (var e in row.GetProperty("out").GetProperty("encode").EnumerateArray())
        {
            Lists.Equal($"encode {e.GetProperty("text")}", [.. model.Tokenize(rules.Normalize(e.GetProperty("text").GetString()!)).Select(x => x.Value)], [.. e.GetProperty("pieces").EnumerateArray().Select(p => p.GetString()!)]);
        }
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
