namespace Alignment.Text.Tokenization.Decoders;

/// <summary>Turns tokens back into pieces of text; the joined pieces are the decoded text.</summary>
internal interface IDecoder
{
    List<string> Decode(List<string> tokens);
}

/// <summary>Several decoders, one after another.</summary>
internal sealed class SequenceDecoder(IReadOnlyList<IDecoder> parts) : IDecoder
{
    public List<string> Decode(List<string> tokens) => parts.Aggregate(tokens, (t, p) => p.Decode(t));
}
