using Alignment.Text.Tokenization.Patterns;

namespace Alignment.Text.Tokenization.PreTokenizers;

/// <summary>What becomes of the delimiters when a text is split.</summary>
internal enum DelimiterBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Splitting a piece at delimiters.</summary>
internal static class Delimiters
{
    [ThreadStatic]
    private static List<(int Start, int End)>? matches;

    /// <summary>The piece as contiguous runs, matches and the text between them.</summary>
    public static List<(int Start, int End, bool Match)> Cover(Pattern pattern, Piece piece)
    {
        var found = matches ??= [];
        pattern.FindAll(piece.Chars, found);
        var runs = new List<(int, int, bool)>(found.Count + 1);
        var previous = 0;
        foreach (var (start, end) in found)
        {
            if (previous != start)
            {
                runs.Add((previous, start, false));
            }

            runs.Add((start, end, true));
            previous = end;
        }

        if (previous != piece.Length)
        {
            runs.Add((previous, piece.Length, false));
        }

        return runs;
    }

    /// <summary>Every code point of the set is a delimiter of its own.</summary>
    public static List<(int Start, int End, bool Match)> Cover(Func<int, bool> delimiter, Piece piece)
    {
        var runs = new List<(int, int, bool)>();
        var previous = 0;
        var chars = piece.Chars;
        for (var i = 0; i < chars.Length; i++)
        {
            if (delimiter(chars[i]))
            {
                if (previous < i)
                {
                    runs.Add((previous, i, false));
                }

                runs.Add((i, i + 1, true));
                previous = i + 1;
            }
        }

        if (previous < chars.Length)
        {
            runs.Add((previous, chars.Length, false));
        }

        return runs;
    }

    /// <summary>Adds the pieces that remain under a behaviour.</summary>
    public static void Split(Piece piece, List<(int Start, int End, bool Match)> runs, DelimiterBehavior behavior, List<Piece> result)
    {
        switch (behavior)
        {
            case DelimiterBehavior.Removed:
                result.AddRange(runs.Where(r => !r.Match).Select(r => piece.Slice(r.Start, r.End)));
                break;
            case DelimiterBehavior.Isolated:
                result.AddRange(runs.Select(r => piece.Slice(r.Start, r.End)));
                break;
            case DelimiterBehavior.Contiguous:
                Merge(piece, runs, (match, previous) => match == previous, result);
                break;
            case DelimiterBehavior.MergedWithPrevious:
                Merge(piece, runs, (match, previous) => match && !previous, result);
                break;
            default:
                runs.Reverse();
                var merged = new List<Piece>();
                Merge(piece, runs, (match, previous) => match && !previous, merged);
                merged.Reverse();
                result.AddRange(merged);
                break;
        }
    }

    private static void Merge(Piece piece, List<(int Start, int End, bool Match)> runs, Func<bool, bool, bool> join, List<Piece> result)
    {
        var first = result.Count;
        var previous = false;
        foreach (var (start, end, match) in runs)
        {
            if (join(match, previous) && result.Count > first)
            {
                var last = result[^1];
                result[^1] = last with { From = Math.Min(last.From, piece.From + start), To = Math.Max(last.To, piece.From + end) };
            }
            else
            {
                result.Add(piece.Slice(start, end));
            }

            previous = match;
        }
    }
}
