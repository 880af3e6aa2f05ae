namespace Alignment.Text.Tokenization.Models;

/// <summary>Turns a word into tokens of a vocabulary. Thread-safe.</summary>
internal interface ITokenModel
{
    int VocabularySize { get; }

    Token[] Tokenize(ReadOnlySpan<int> word);

    int? TokenToId(string token);

    string? IdToToken(int id);
}
