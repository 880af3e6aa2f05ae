using System.Text;
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
    public void Encode_OneWordOfAMegabyte_DoesNotGoQuadratic()
    {
        // A quadratic merge would take hours.
        Assert.NotEmpty(Samples.Load("gpt2").EncodeIds(new string('e', 1_000_000)));
    }
}
