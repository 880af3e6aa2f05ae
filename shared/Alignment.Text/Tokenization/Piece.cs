namespace Alignment.Text.Tokenization;

/// <summary>A run of an aligned text, and its tokens once it has them.</summary>
internal readonly record struct Piece(AlignedText Text, int From, int To, Token[]? Tokens = null)
{
    public int Length => To - From;

    public ReadOnlySpan<int> Chars => Text.Chars[From..To];

    /// <summary>Where the piece begins in the original text.</summary>
    public int OriginalStart => Length > 0 ? Text.Start(From) : 0;

    /// <summary>Offsets in the original of code points [start, end) of this piece.</summary>
    public (int Start, int End) Offsets(int start, int end) =>
        end > start && end <= Length ? (Text.Start(From + start), Text.End(From + end - 1)) : start == end ? (OriginalStart + start, OriginalStart + end) : (start, end);

    public Piece Slice(int start, int end) => new(Text, From + start, From + end);
}

/// <summary>A token of a piece; Start and End count the piece's code points.</summary>
internal readonly record struct Token(int Id, string Value, int Start, int End);
