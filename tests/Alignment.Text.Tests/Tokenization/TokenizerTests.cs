using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Alignment.Text.Tokenization;
using Alignment.Text.Tokenization.Trainers;

namespace Alignment.Text.Tests.Tokenization;

public class TokenizerTests
{
    private static readonly string[] Texts = ["", " ", "Hello,  world!\n", "Olá, ação e coração!", "中文 text 日本語", "👩🏽‍🚀 ok", "don't stop-me_now 42", "<|endoftext|>a<s> b"];

    [Fact]
    public void Train_ByteLevel_RoundTripsAnyText()
    {
        var tokenizer = new ByteLevelBpeTrainer { VocabularySize = 400, SpecialTokens = ["<|end|>"] }.Train(Texts, TestContext.Current.CancellationToken);
        foreach (var text in Texts)
        {
            Assert.Equal(text, tokenizer.Decode(tokenizer.EncodeIds(text)));
        }

        Assert.Equal(0, tokenizer.TokenToId("<|end|>"));
        Assert.True(tokenizer.IsSpecial(0));
    }

    [Fact]
    public void Train_Unigram_RoundTripsItsOwnCorpus()
    {
        var texts = Texts.Where(t => t.Trim().Length > 0 && !t.Contains('<') && !t.Contains("  ")).Select(t => t.Trim()).ToList();
        var tokenizer = new UnigramTokenizerTrainer { VocabularySize = 200 }.Train(texts, TestContext.Current.CancellationToken);
        Assert.All(texts, t => Assert.Equal(t, tokenizer.Decode(tokenizer.EncodeIds(t))));
    }

    [Fact]
    public void Save_AndLoad_KeepsEveryAnswer()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        foreach (var name in Samples.All)
        {
            var tokenizer = Samples.Load(name);
            tokenizer.Save(file);
            var again = Tokenizer.Load(file);
            Assert.All(Texts, t => Assert.Equal(tokenizer.EncodeIds(t), again.EncodeIds(t)));
            Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(System.Text.Json.Nodes.JsonNode.Parse(Samples.File(name))!["normalizer"], System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllBytes(file))!["normalizer"]));
        }

        File.Delete(file);
    }

    [Fact]
    public void EncodeBatch_InParallel_EqualsOneByOne()
    {
        var tokenizer = Samples.Load("llama3");
        var texts = Enumerable.Range(0, 500).Select(i => Texts[i % Texts.Length] + i).ToList();
        var batch = tokenizer.EncodeBatch(texts, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(Enumerable.Range(0, texts.Count), i => Assert.Equal(tokenizer.EncodeIds(texts[i]), batch[i].Ids));
    }

    [Fact]
    public void Stream_EmojiInBytes_NeverEmitsHalfACharacter()
    {
        foreach (var name in Samples.All.Where(n => n is not ("wordpiece" or "unigram" or "gpt2-added")))
        {
            var tokenizer = Samples.Load(name);
            var ids = tokenizer.EncodeIds("a 👩🏽‍🚀 日本 é", addSpecialTokens: false);
            var stream = tokenizer.CreateStream();
            var text = new StringBuilder();
            foreach (var piece in ids.Select(stream.Step).OfType<string>())
            {
                Assert.DoesNotContain('\uFFFD', piece);
                Assert.False(char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1]));
                text.Append(piece);
            }

            text.Append(stream.Flush());
            Assert.Equal(tokenizer.Decode(ids), text.ToString());
        }
    }

    [Fact]
    public void Flush_UnfinishedCharacter_ComesOutAsReplacement()
    {
        var tokenizer = Samples.Load("gpt2");
        var ids = tokenizer.EncodeIds("👩");
        var stream = tokenizer.CreateStream();
        Assert.Null(stream.Step(ids[0]));
        Assert.Equal("\uFFFD", stream.Flush());
    }

    [Fact]
    public void Load_TwoHundredThousandPieces_TakesUnderASecond()
    {
        var json = SyntheticVocabulary(200_000);
        Tokenizer.Parse(json);
        var clock = ThreadClock.Start();
        var tokenizer = Tokenizer.Parse(json);
        var load = clock.Elapsed;
        TestContext.Current.TestOutputHelper?.WriteLine($"load {load.TotalMilliseconds:F0} ms of processor time");
        Assert.True(load < TimeSpan.FromSeconds(1), $"{load.TotalMilliseconds:F0} ms of processor time");
        Assert.Equal(200_000, tokenizer.VocabularySize);
    }

    [Fact]
    public void Encode_Megabytes_IsFast()
    {
        var tokenizer = Samples.Load("llama3");
        var text = string.Concat(Enumerable.Repeat("The old lighthouse watches the river, and 42 careful readers don't trust the map of 1987. Olá, ação! ", 5000));
        for (var i = 0; i < 50; i++)
        {
            tokenizer.EncodeIds(text[..10_000]);
        }

        var clock = ThreadClock.Start();
        tokenizer.EncodeIds(text);
        var speed = text.Length / 1e6 / clock.Elapsed.TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"{speed:F1} MB per second of processor time");
        Assert.True(speed > 0.5, $"{speed:F2} MB/s");
    }

    [Fact]
    public void Encode_OneWordOfAMegabyte_DoesNotGoQuadratic()
    {
        var clock = Stopwatch.StartNew();
        Assert.NotEmpty(Samples.Load("gpt2").EncodeIds(new string('e', 1_000_000)));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), clock.Elapsed.ToString());
    }

    // Byte alphabet, then merges of ever longer tokens: the shape of a real file.
    private static byte[] SyntheticVocabulary(int size)
    {
        var tokens = ByteAlphabet.Chars.Select(c => ((char)c).ToString()).ToList();
        var known = tokens.ToHashSet();
        var merges = new List<string[]>();
        var random = new Random(7);
        while (tokens.Count < size)
        {
            var (a, b) = (tokens[random.Next(Math.Min(tokens.Count, 20_000))], tokens[random.Next(Math.Min(tokens.Count, 2000))]);
            if (a.Length + b.Length < 20 && known.Add(a + b))
            {
                tokens.Add(a + b);
                merges.Add([a, b]);
            }
        }

        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            added_tokens = Array.Empty<object>(),
            pre_tokenizer = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true },
            decoder = new { type = "ByteLevel" },
            model = new { type = "BPE", vocab = tokens.Select((t, i) => (t, i)).ToDictionary(x => x.t, x => x.i), merges },
        });
    }
}
