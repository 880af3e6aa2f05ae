using System.Text;

namespace Alignment.Suite.Commands.Bench.Tokenize;

/// <summary>Tokenizer files of any size: every number from 0 on in base 26 is a piece (a … z, aa … zz, aaa …).</summary>
internal static class SyntheticVocabulary
{
    private const string PreTokenizer = "\"pre_tokenizer\":{\"type\":\"Whitespace\"}";

    /// <summary>Each longer piece is merged from the one without its last letter.</summary>
    public static byte[] Bpe(int size)
    {
        var vocabulary = string.Join(',', Enumerable.Range(0, size).Select(i => $"\"{Word(i)}\":{i}"));
        var merges = string.Join(',', Enumerable.Range(26, size - 26).Select(Word).Select(w => $"\"{w[..^1]} {w[^1]}\""));
        return Encoding.UTF8.GetBytes($$$"""{"model":{"type":"BPE","vocab":{{{{vocabulary}}}},"merges":[{{{merges}}}]},{{{PreTokenizer}}}}""");
    }

    public static byte[] Unigram(int size)
    {
        var pieces = string.Join(',', Enumerable.Range(0, size).Select(i => $"[\"{Word(i)}\",{-(i % 17) - 1}]"));
        return Encoding.UTF8.GetBytes($$$"""{"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],{{{pieces}}}]},{{{PreTokenizer}}}}""");
    }

    public static byte[] WordPiece(int size)
    {
        var pieces = string.Join(',', Enumerable.Range(0, size).Select(i => $"\"{(i % 2 == 0 ? "" : "##")}{Word(i)}\":{i + 1}"));
        return Encoding.UTF8.GetBytes($$$"""{"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,{{{pieces}}}}},{{{PreTokenizer}}}}""");
    }

    private static string Word(int number)
    {
        var letters = new Stack<char>();
        for (var n = number + 1; n > 0; n = (n - 1) / 26)
        {
            letters.Push((char)('a' + ((n - 1) % 26)));
        }

        return string.Concat(letters);
    }
}
