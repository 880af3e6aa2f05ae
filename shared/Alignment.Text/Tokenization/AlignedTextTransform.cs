namespace Alignment.Text.Tokenization;

/// <summary>Rewrites pieces while keeping alignments, after the rules of the tokenizers library's NormalizedString.</summary>
internal static class AlignedTextTransform
{
    /// <summary>
    /// Replaces the piece by new code points. A change of 0 replaces the next old one, 1 inserts (aligned with the old one
    /// before), −n replaces and drops the n that follow. <paramref name="initialOffset"/> old ones are dropped first.
    /// </summary>
    public static Piece Transform(this Piece piece, IEnumerable<(int Char, int Change)> changes, int initialOffset = 0)
    {
        var result = new AlignedText(piece.Length + 8);
        piece.TransformInto(result, changes, initialOffset);
        return new(result, 0, result.Count);
    }

    public static void TransformInto(this Piece piece, AlignedText result, IEnumerable<(int Char, int Change)> changes, int initialOffset = 0)
    {
        var offset = Math.Min(initialOffset, piece.Length);
        foreach (var (c, change) in changes)
        {
            var source = change > 0 ? offset - 1 : offset;
            if (source < 0)
            {
                result.Add(c, piece.OriginalStart, piece.OriginalStart);
            }
            else
            {
                source = piece.From + Math.Min(source, piece.Length - 1);
                result.Add(c, piece.Text.Start(source), piece.Text.End(source));
            }

            offset = change > 0 ? offset : Math.Min(offset + 1 - change, piece.Length);
        }
    }

    public static Piece Prepend(this Piece piece, ReadOnlySpan<int> prefix)
    {
        if (piece.Length == 0)
        {
            return piece;
        }

        var result = new AlignedText(piece.Length + prefix.Length);
        foreach (var c in prefix)
        {
            result.Add(c, piece.Text.Start(piece.From), piece.Text.End(piece.From));
        }

        for (var i = piece.From; i < piece.To; i++)
        {
            result.Add(piece.Text, i);
        }

        return new(result, 0, result.Count);
    }

    public static Piece Filter(this Piece piece, Func<int, bool> keep)
    {
        var result = new AlignedText(piece.Length);
        for (var i = piece.From; i < piece.To; i++)
        {
            if (keep(piece.Text.Chars[i]))
            {
                result.Add(piece.Text, i);
            }
        }

        return new(result, 0, result.Count);
    }

    public static Piece Map(this Piece piece, Func<int, int> map)
    {
        var result = new AlignedText(piece.Length);
        for (var i = piece.From; i < piece.To; i++)
        {
            result.Add(map(piece.Text.Chars[i]), piece.Text.Start(i), piece.Text.End(i));
        }

        return new(result, 0, result.Count);
    }

    /// <summary>Puts the content where the matches are; it stands for the last code point of what it replaces.</summary>
    public static Piece Replace(this Piece piece, IReadOnlyList<(int Start, int End)> matches, ReadOnlySpan<int> content)
    {
        if (matches.Count == 0)
        {
            return piece;
        }

        var result = new AlignedText(piece.Length + 8);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            for (; done < start; done++)
            {
                result.Add(piece.Text, piece.From + done);
            }

            foreach (var c in content)
            {
                var (s, e) = end < 1 ? (piece.OriginalStart, piece.OriginalStart) : (piece.Text.Start(piece.From + end - 1), piece.Text.End(piece.From + end - 1));
                result.Add(c, s, e);
            }

            done = end;
        }

        for (; done < piece.Length; done++)
        {
            result.Add(piece.Text, piece.From + done);
        }

        return new(result, 0, result.Count);
    }
}
