using Alignment.Text.Tokenization.Patterns;

namespace Alignment.Text.Tokenization.PreTokenizers;

/// <summary>Splits at the matches of a pattern, or, inverted, at what lies between them.</summary>
internal sealed class PatternSplit(Pattern pattern, DelimiterBehavior behavior, bool invert) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> result)
    {
        var runs = Delimiters.Cover(pattern, piece);
        if (invert)
        {
            runs = [.. runs.Select(r => (r.Start, r.End, !r.Match))];
        }

        Delimiters.Split(piece, runs, behavior, result);
    }
}

/// <summary>Splits at single code points of a class: blanks, punctuation, one delimiter.</summary>
internal sealed class ClassSplit(Func<int, bool> delimiter, DelimiterBehavior behavior) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> result) => Delimiters.Split(piece, Delimiters.Cover(delimiter, piece), behavior, result);
}

/// <summary>Several pre-tokenizers, one after another.</summary>
internal sealed class SequenceSplit(IReadOnlyList<IPreTokenizer> parts) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> result)
    {
        List<Piece> pieces = [piece];
        foreach (var part in parts)
        {
            pieces = part.Apply(pieces);
        }

        result.AddRange(pieces);
    }
}
