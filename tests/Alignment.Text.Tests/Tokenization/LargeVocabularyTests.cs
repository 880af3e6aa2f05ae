using System.Text;
using Alignment.Text.Tokenization;

namespace Alignment.Text.Tests.Tokenization;

/// <summary>Vocabularies of the size of Llama 3's, Qwen's and XLM-R's load and work; <c>align bench tokenizer</c> measures how fast.</summary>
public sealed class LargeVocabularyTests
{
    private const int Size = 200_000;

    [Fact]
    public void Parse_BytePairsOf200000_Works()
    {
        // Every number from 0 on in base 26 is a token, made by appending its last letter.
        var vocabulary = new StringBuilder();
        var merges = new StringBuilder();
        for (var i = 0; i < Size; i++)
        {
            var word = Word(i);
            vocabulary.Append(i == 0 ? "" : ",").Append('"').Append(word).Append("\":").Append(i);
            if (word.Length > 1)
            {
                merges.Append(merges.Length == 0 ? "" : ",").Append('"').Append(word, 0, word.Length - 1).Append(' ').Append(word[^1]).Append('"');
            }
        }

        var tokenizer = Load($$$"""{"model":{"type":"BPE","vocab":{{{{vocabulary}}}},"merges":[{{{merges}}}]},"pre_tokenizer":{"type":"Whitespace"}}""");
        // Pairs come before triples, so four letters become two pairs.
        Assert.Equal([Number("abc"), Number("jx"), Number("yz")], tokenizer.EncodeIds("abc jxyz"));
    }

    [Fact]
    public void Parse_UnigramOf200000_Works()
    {
        var pieces = string.Join(',', Enumerable.Range(0, Size).Select(i => $"[\"{Word(i)}\",{-(i % 17) - 1}]"));
        var tokenizer = Load($$$"""{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],{{{pieces}}}]},"pre_tokenizer":{"type":"Whitespace"}}""");
        Assert.Equal("abc", tokenizer.IdToToken(tokenizer.TokenToId("abc")!.Value));
        Assert.Equal(Size + 1, tokenizer.VocabularySize);
    }

    [Fact]
    public void Parse_WordPieceOf200000_Works()
    {
        var pieces = string.Join(',', Enumerable.Range(0, Size).Select(i => $"\"{(i % 2 == 0 ? "" : "##")}{Word(i)}\":{i + 1}"));
        var tokenizer = Load($$$"""{"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,{{{pieces}}}}},"pre_tokenizer":{"type":"Whitespace"}}""");
        Assert.Equal(Size + 1, tokenizer.VocabularySize);
    }

    private static Tokenizer Load(string json) => Tokenizer.Parse(Encoding.UTF8.GetBytes(json));

    // a … z, aa … zz, aaa …
    private static string Word(int number)
    {
        var letters = new Stack<char>();
        for (var n = number + 1; n > 0; n = (n - 1) / 26)
        {
            letters.Push((char)('a' + ((n - 1) % 26)));
        }

        return string.Concat(letters);
    }

    private static int Number(string word) => word.Aggregate(0, (n, c) => (n * 26) + c - 'a' + 1) - 1;
}
