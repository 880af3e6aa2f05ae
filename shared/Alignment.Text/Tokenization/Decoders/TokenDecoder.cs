namespace Alignment.Text.Tokenization.Decoders;

/// <summary>A decoder that treats each token by itself; the function gets its position and the number of tokens.</summary>
internal sealed class TokenDecoder(Func<string, int, int, string> function) : IDecoder
{
    public List<string> Decode(List<string> tokens) => [.. tokens.Select((t, i) => function(t, i, tokens.Count))];
}

/// <summary>A decoder over the whole list.</summary>
internal sealed class ListDecoder(Func<List<string>, List<string>> function) : IDecoder
{
    public List<string> Decode(List<string> tokens) => function(tokens);
}
