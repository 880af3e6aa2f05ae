namespace Alignment.Text.Tokenization.PreTokenizers;

/// <summary>Cuts pieces into the words that the model sees.</summary>
internal interface IPreTokenizer
{
    /// <summary>Cuts one piece without tokens; empty results are dropped by the caller.</summary>
    void Split(Piece piece, List<Piece> result);
}

internal static class PreTokenizerRun
{
    /// <summary>Runs over all pieces that have no tokens yet.</summary>
    public static List<Piece> Apply(this IPreTokenizer preTokenizer, List<Piece> pieces)
    {
        var result = new List<Piece>(pieces.Count);
        foreach (var piece in pieces)
        {
            if (piece.Tokens is null)
            {
                preTokenizer.Split(piece, result);
            }
            else
            {
                result.Add(piece);
            }
        }

        result.RemoveAll(p => p.Length == 0);
        return result;
    }
}
