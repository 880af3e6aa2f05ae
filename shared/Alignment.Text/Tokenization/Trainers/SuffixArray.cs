namespace Alignment.Text.Tokenization.Trainers;

/// <summary>Suffixes in lexical order by prefix doubling (Larsson, Sadakane 2007), and how much neighbours share (Kasai 2001).</summary>
internal static class SuffixArray
{
    /// <summary>Where each suffix starts, in lexical order; one that ends first is smaller. O(n log² n) whatever the text repeats.</summary>
    public static int[] Of(int[] text)
    {
        var n = text.Length;
        int[] suffixes = [.. Enumerable.Range(0, n)];
        var rank = (int[])text.Clone();
        var next = new int[n];
        var keys = new long[n];
        for (var step = 0; n > 0; step = step == 0 ? 1 : step * 2)
        {
            for (var i = 0; i < n; i++)
            {
                var at = suffixes[i];
                keys[i] = ((long)rank[at] << 32) | (step > 0 && at + step < n ? (uint)rank[at + step] + 1 : 0u);
            }

            Array.Sort(keys, suffixes);
            var groups = 0;
            for (var i = 0; i < n; i++)
            {
                groups += i > 0 && keys[i] != keys[i - 1] ? 1 : 0;
                next[suffixes[i]] = groups;
            }

            (rank, next) = (next, rank);
            if (groups == n - 1)
            {
                break;
            }
        }

        return suffixes;
    }

    /// <summary>For each suffix in lexical order, how many characters it shares with the one before it.</summary>
    public static int[] CommonPrefixes(int[] text, int[] suffixes)
    {
        var n = text.Length;
        var place = new int[n];
        for (var i = 0; i < n; i++)
        {
            place[suffixes[i]] = i;
        }

        var common = new int[n];
        var h = 0;
        for (var i = 0; i < n; i++)
        {
            if (place[i] == 0)
            {
                h = 0;
                continue;
            }

            for (var j = suffixes[place[i] - 1]; i + h < n && j + h < n && text[i + h] == text[j + h]; h++)
            {
            }

            common[place[i]] = h;
            h = Math.Max(0, h - 1);
        }

        return common;
    }
}
