namespace Alignment.Text.Tokenization.PostProcessors;

/// <summary>Puts special tokens around texts and joins pairs.</summary>
internal interface IPostProcessor
{
    /// <summary>How many special tokens a text (or a pair) gains.</summary>
    int AddedTokens(bool pair);

    List<TokenizedText> Process(List<TokenizedText> texts, bool addSpecialTokens);
}

/// <summary>Several post-processors, one after another.</summary>
internal sealed class SequencePostProcessor(IReadOnlyList<IPostProcessor> parts) : IPostProcessor
{
    public int AddedTokens(bool pair) => parts.Sum(p => p.AddedTokens(pair));

    public List<TokenizedText> Process(List<TokenizedText> texts, bool addSpecialTokens) =>
        parts.Aggregate(texts, (t, p) => p.Process(t, addSpecialTokens));
}
