namespace Alignment.Text.Tokenization.Normalizers;

/// <summary>Rewrites a piece of text before it is cut into words.</summary>
internal interface INormalizer
{
    Piece Normalize(Piece piece);
}

/// <summary>Several normalisers, one after another.</summary>
internal sealed class SequenceNormalizer(IReadOnlyList<INormalizer> parts) : INormalizer
{
    public Piece Normalize(Piece piece)
    {
        var limit = 1_000_000 + (64L * piece.Length);
        foreach (var part in parts)
        {
            piece = part.Normalize(piece);
            if (piece.Length > limit)
            {
                throw new TokenizerException("tokenizer.json: the normalizer makes the text too long.");
            }
        }

        return piece;
    }
}

/// <summary>A normaliser given by one function.</summary>
internal sealed class FunctionNormalizer(Func<Piece, Piece> function) : INormalizer
{
    public Piece Normalize(Piece piece) => function(piece);
}
