namespace Alignment.Text.Tokenization.Trainers;

/// <summary>
/// The substrings of joined texts that occur at least twice and are followed by different characters: the inner nodes of the
/// suffix tree. A zero stands after each text.
/// </summary>
internal static class RepeatedSubstrings
{
    /// <summary>Each substring of two characters or more as (start in the joined text, length, occurrences), inner nodes first, in lexical order.</summary>
    /// <param name="texts">Without zeros.</param>
    /// <param name="maxLength">Longer ones are left out.</param>
    public static (int[] Text, List<RepeatedSubstring> Nodes) Find(IEnumerable<int[]> texts, int maxLength = int.MaxValue)
    {
        var joined = new List<int>();
        foreach (var text in texts)
        {
            joined.AddRange(text);
            joined.Add(0);
        }

        int[] all = [.. joined];
        var suffixes = SuffixArray.Of(all);
        return (all, Intervals(all, suffixes, SuffixArray.CommonPrefixes(all, suffixes), maxLength));
    }

    private static List<RepeatedSubstring> Intervals(int[] text, int[] suffixes, int[] common, int maxLength)
    {
        var result = new List<RepeatedSubstring>();
        var open = new Stack<(int First, int Depth)>();
        open.Push((0, -1));
        for (var i = 0; i <= suffixes.Length; i++)
        {
            var depth = i == suffixes.Length ? -1 : common[i];
            var first = i;
            while (open.Peek().Depth > depth)
            {
                var top = open.Pop();
                if (i - top.First > 1 && top.Depth is >= 2 && top.Depth <= maxLength)
                {
                    result.Add(new(suffixes[top.First], top.Depth, i - top.First));
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
