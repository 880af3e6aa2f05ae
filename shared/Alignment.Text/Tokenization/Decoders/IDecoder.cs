namespace Alignment.Text.Tokenization.Decoders;

/// <summary>Turns tokens back into pieces of text; the joined pieces are the decoded text.</summary>
internal interface IDecoder
{
    List<string> Decode(List<string> tokens);
}

/// <summary>Several decoders, one after another.</summary>
internal sealed class SequenceDecoder(IReadOnlyList<IDecoder> parts) : IDecoder
{
    public List<string> Decode(List<string> tokens)
    {
        var limit = 10_000_000 + (256L * tokens.Count);
        foreach (var part in parts)
        {
            tokens = part.Decode(tokens);
            if (tokens.Sum(t => (long)t.Length) > limit)
            {
                throw new TokenizerException("tokenizer.json: the decoder makes the text too long.");
            }
        }

        return tokens;
    }
}
