namespace Alignment.Text.Tokenization.Trainers;

/// <summary>
/// The substrings of a corpus that occur at least twice and are followed by different characters (the inner nodes of its
/// suffix tree), up to a length. Texts are separated, so no substring crosses from one into the next.
/// </summary>
internal static class RepeatedSubstrings
{
    /// <summary>Each substring as (start in the joined text, length, occurrences), inner nodes before the outer ones, in lexical order.</summary>
    public static (int[] Text, List<(int Start, int Length, int Count)> Nodes) Find(IEnumerable<int[]> texts, int maxLength)
    {
        var joined = new List<int>();
        foreach (var text in texts)
        {
            joined.AddRange(text);
            joined.Add(0);
        }

        int[] all = [.. joined];
        int[] suffixes = [.. Enumerable.Range(0, all.Length)];
        Array.Sort(suffixes, (a, b) => Compare(all, a, b, maxLength + 1));
        return (all, Intervals(all, suffixes, maxLength));
    }

    // A separator ends the comparison: what lies behind it cannot be part of a piece.
    private static int Compare(int[] text, int a, int b, int limit)
    {
        for (var i = 0; i < limit && a != b; i++)
        {
            var (x, y) = (text[a + i], text[b + i]);
            if (x != y)
            {
                return x < y ? -1 : 1;
            }

            if (x == 0)
            {
                break;
            }
        }

        return a.CompareTo(b);
    }

    private static int Common(int[] text, int a, int b, int limit)
    {
        var n = 0;
        while (n < limit && text[a + n] == text[b + n])
        {
            if (text[a + n++] == 0)
            {
                break;
            }
        }

        return n;
    }

    private static List<(int Start, int Length, int Count)> Intervals(int[] text, int[] suffixes, int maxLength)
    {
        var result = new List<(int, int, int)>();
        var open = new Stack<(int First, int Depth)>();
        open.Push((0, -1));
        for (var i = 0; i <= suffixes.Length; i++)
        {
            var depth = i == suffixes.Length ? -1 : i == 0 ? 0 : Common(text, suffixes[i - 1], suffixes[i], maxLength + 1);
            var first = i;
            while (open.Peek().Depth > depth)
            {
                var top = open.Pop();
                var length = top.Depth;
                if (i - top.First > 1 && length >= 2 && length <= maxLength && text[suffixes[top.First] + length - 1] != 0)
                {
                    result.Add((suffixes[top.First], length, i - top.First));
                }

                first = top.First;
            }

            if (open.Peek().Depth < depth)
            {
                open.Push((first, depth));
            }

            // The suffix itself, deeper than any common prefix.
            open.Push((i, int.MaxValue));
        }

        return result;
    }
}
