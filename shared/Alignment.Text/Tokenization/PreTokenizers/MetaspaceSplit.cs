namespace Alignment.Text.Tokenization.PreTokenizers;

internal enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>SentencePiece's visible blank: replaces blanks, may put one in front, may cut before each.</summary>
internal sealed class MetaspaceSplit(int replacement, PrependScheme scheme, bool split) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> result)
    {
        // Asked before the replacement, which keeps alignments: only the very start of the text counts as first.
        var first = piece.OriginalStart == 0;
        if (piece.Chars.Contains(' '))
        {
            piece = piece.Map(c => c == ' ' ? replacement : c);
        }

        if (piece.Length > 0 && piece.Chars[0] != replacement && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && first)))
        {
            piece = piece.Prepend([replacement]);
        }

        if (split)
        {
            Delimiters.Split(piece, Delimiters.Cover(c => c == replacement, piece), DelimiterBehavior.MergedWithNext, result);
        }
        else
        {
            result.Add(piece);
        }
    }
}
