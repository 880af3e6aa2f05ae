namespace Alignment.Text.Tokenization.Models;

/// <summary>BERT's WordPiece: longest known prefix first; a word with an unknown rest is unknown as a whole.</summary>
internal sealed class WordPieceModel(Vocabulary vocabulary, string unknown, string prefix, int maxWordLength) : ITokenModel
{
    private readonly int longest = vocabulary.Ids.Keys.Select(k => k.Length).DefaultIfEmpty(0).Max();

    public int VocabularySize => vocabulary.Count;

    public int? TokenToId(string token) => vocabulary.Id(token);

    public string? IdToToken(int id) => vocabulary.Token(id);

    public Token[] Tokenize(ReadOnlySpan<int> word)
    {
        if (word.Length > maxWordLength)
        {
            return Unknown(word.Length);
        }

        var text = new char[prefix.Length + (word.Length * 2)];
        prefix.CopyTo(text);
        var tokens = new List<Token>();
        for (var start = 0; start < word.Length;)
        {
            var (end, id) = Longest(word, start, text);
            if (end < 0)
            {
                return Unknown(word.Length);
            }

            tokens.Add(new(id, vocabulary.Token(id)!, start, end));
            start = end;
        }

        return [.. tokens];
    }

    private (int End, int Id) Longest(ReadOnlySpan<int> word, int start, char[] text)
    {
        // No token is longer than the longest of the vocabulary: long words cost no more than short ones.
        var most = Math.Min(word.Length, start + longest);
        for (var end = most; end > start; end--)
        {
            var length = CodePoints.ToUtf16(word[start..end], text.AsSpan(prefix.Length));
            var key = start > 0 ? text.AsSpan(0, prefix.Length + length) : text.AsSpan(prefix.Length, length);
            if (vocabulary.TryGet(key, out var id))
            {
                return (end, id);
            }
        }

        return (-1, -1);
    }

    private Token[] Unknown(int length) =>
        [new(vocabulary.Id(unknown) ?? throw new TokenizerException($"tokenizer.json: model.unk_token \"{unknown}\" is not in the vocabulary."), unknown, 0, length)];
}

/// <summary>Whole words only.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknown) : ITokenModel
{
    public int VocabularySize => vocabulary.Count;

    public int? TokenToId(string token) => vocabulary.Id(token);

    public string? IdToToken(int id) => vocabulary.Token(id);

    public Token[] Tokenize(ReadOnlySpan<int> word)
    {
        var text = CodePoints.ToText(word);
        return vocabulary.Id(text) is { } id ? [new(id, text, 0, word.Length)]
            : vocabulary.Id(unknown) is { } unk ? [new(unk, unknown, 0, word.Length)]
            : throw new TokenizerException($"tokenizer.json: \"{text}\" is not in the vocabulary, and neither is model.unk_token \"{unknown}\".");
    }
}
