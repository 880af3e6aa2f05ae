using System.Text.Json;
using Alignment.Golden.Tests.Harness;
using Alignment.Text.Tokenization;
using Alignment.Text.Tokenization.Serialization;
using Alignment.Text.Tokenization.Trainers;

namespace Alignment.Golden.Tests.Families;

/// <summary>Training of tokenizers.</summary>
internal static class F04Training
{
    public static void Check(GoldenCase c)
    {
        foreach (var row in c.Json.GetProperty("training").EnumerateArray())
        {
            switch (row.GetProperty("kind").GetString())
            {
                case "bpe":
                    BytePairs(c, row);
                    break;
                case "unigram":
                    Unigram(c, row);
                    break;
                case "sentencepiece-unigram":
                    F04SentencePiece.Check(Corpus(c, row), row, c.Family.Tolerance("sentencepiece_unigram_scores"));
                    break;
                default:
                    throw new UnsupportedCaseException("training " + row.GetProperty("kind"));
            }
        }
    }

    public static List<string> Corpus(GoldenCase c, JsonElement row)
    {
        var name = row.GetProperty("corpus").GetString()!;
        if (!name.StartsWith("corpus", StringComparison.Ordinal))
        {
            return [.. c.Json.GetProperty("corpora").GetProperty(name).EnumerateArray().Select(l => l.GetString()!)];
        }

        var lines = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(c.Family.Folder, "corpus.json"))).RootElement.GetProperty("lines").EnumerateArray().Select(l => l.GetString()!);
        return [.. name == "corpus" ? lines : lines.Select(l => l.Replace('\n', ' ').Trim())];
    }

    private static void BytePairs(GoldenCase c, JsonElement row)
    {
        var t = row.GetProperty("trainer");
        foreach (var option in t.EnumerateObject())
        {
            if (option.Name is not ("vocab_size" or "min_frequency" or "special_tokens" or "initial_alphabet" or "limit_alphabet" or "max_token_length"))
            {
                throw new UnsupportedCaseException("BPE trainer option " + option.Name);
            }
        }

        var words = WordCounts.Of(Corpus(c, row), null, PreTokenizerFactory.Build(new(row.GetProperty("pre_tokenizer"), "pre_tokenizer")));
        var (tokens, merges) = new BytePairTrainer
        {
            VocabularySize = t.GetProperty("vocab_size").GetInt32(),
            MinFrequency = t.TryGetProperty("min_frequency", out var least) ? least.GetInt32() : 0,
            SpecialTokens = [.. t.GetProperty("special_tokens").EnumerateArray().Select(s => s.GetString()!)],
            InitialAlphabet = t.TryGetProperty("initial_alphabet", out var alphabet) ? Alphabet(alphabet) : [],
            LimitAlphabet = t.TryGetProperty("limit_alphabet", out var limit) ? limit.GetInt32() : null,
            MaxTokenLength = t.TryGetProperty("max_token_length", out var max) ? max.GetInt32() : null,
        }.Train(words);
        var expected = row.GetProperty("out");
        Lists.Equal("merges", merges.Select(m => $"{m.Left} {m.Right}").ToArray(), [.. expected.GetProperty("merges").EnumerateArray().Select(m => m.GetString()!)]);
        Lists.Equal("vocab", tokens, [.. expected.GetProperty("vocab").EnumerateArray().Select(v => v.GetString()!)]);
    }

    private static void Unigram(GoldenCase c, JsonElement row)
    {
        var t = row.GetProperty("trainer");
        foreach (var option in t.EnumerateObject())
        {
            if (option.Name is not ("vocab_size" or "special_tokens" or "unk_token" or "initial_alphabet" or "max_piece_length" or "shrinking_factor" or "n_sub_iterations"))
            {
                throw new UnsupportedCaseException("unigram trainer option " + option.Name);
            }
        }

        string[] special = [.. t.GetProperty("special_tokens").EnumerateArray().Select(s => s.GetString()!)];
        var size = t.GetProperty("vocab_size").GetInt32();
        var extra = t.TryGetProperty("unk_token", out var unknown) && !special.Contains(unknown.GetString()) ? 1 : 0;
        var words = WordCounts.Of(Corpus(c, row), null, PreTokenizerFactory.Build(new(row.GetProperty("pre_tokenizer"), "pre_tokenizer")));
        var pieces = new UnigramTrainer
        {
            VocabularySize = size,
            Pieces = size - special.Length - extra,
            InitialAlphabet = t.TryGetProperty("initial_alphabet", out var alphabet) ? Alphabet(alphabet) : [],
            MaxPieceLength = t.TryGetProperty("max_piece_length", out var longest) ? longest.GetInt32() : 16,
            ShrinkingFactor = t.TryGetProperty("shrinking_factor", out var factor) ? factor.GetDouble() : 0.75,
            SubIterations = t.TryGetProperty("n_sub_iterations", out var iterations) ? iterations.GetInt32() : 2,
        }.Train(words);
        string[] expected = [.. row.GetProperty("out").GetProperty("pieces_sorted").EnumerateArray().Select(p => p.GetString()!)];
        string[] actual = [.. pieces.Select(p => p.Piece)];
        var (missing, surplus) = (expected.Except(actual).ToList(), actual.Except(expected).ToList());
        if (missing.Count + surplus.Count > 0)
        {
            throw new GoldenMismatchException($"Unigram training: {missing.Count} of {expected.Length} pieces differ for {t}: misses {string.Join(' ', missing)}; has {string.Join(' ', surplus)}");
        }
    }

    public static IReadOnlyList<int> Alphabet(JsonElement alphabet) => alphabet.ValueKind == JsonValueKind.Array
        ? [.. alphabet.EnumerateArray().Select(a => CodePoints.Of(a.GetString()!)[0])]
        : alphabet.GetString() == "the 256 byte characters" ? ByteAlphabet.Chars : throw new UnsupportedCaseException("initial_alphabet " + alphabet);
}
