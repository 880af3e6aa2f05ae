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

    public static IReadOnlyList<int> Alphabet(JsonElement alphabet) => alphabet.ValueKind == JsonValueKind.Array
        ? [.. alphabet.EnumerateArray().Select(a => CodePoints.Of(a.GetString()!)[0])]
        : alphabet.GetString() == "the 256 byte characters" ? ByteAlphabet.Chars : throw new UnsupportedCaseException("initial_alphabet " + alphabet);
}
