using Alignment.Text.Tokenization.Patterns;

namespace Alignment.Text.Tokenization.PreTokenizers;

/// <summary>GPT-2's words, spelled in the byte alphabet.</summary>
internal sealed class ByteLevelSplit(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    private static readonly Pattern Words = Pattern.Parse(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+");

    public void Split(Piece piece, List<Piece> result)
    {
        if (addPrefixSpace && piece.Length > 0 && piece.Chars[0] != ' ')
        {
            piece = piece.Prepend([' ']);
        }

        var spelled = new AlignedText(piece.Length + (piece.Length / 8) + 8);
        if (!useRegex)
        {
            result.Add(ByteAlphabet.Spell(piece, spelled));
            return;
        }

        foreach (var (start, end, _) in Delimiters.Cover(Words, piece))
        {
            result.Add(ByteAlphabet.Spell(piece.Slice(start, end), spelled));
        }
    }
}
