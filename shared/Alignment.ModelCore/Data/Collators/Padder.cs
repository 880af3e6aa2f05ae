namespace Alignment.ModelCore.Data.Collators;

/// <summary>Brings rows to one length. Masks come from lengths, never from ids: a real token may equal the padding token.</summary>
public static class Padder
{
    /// <summary>Rows filled up to the longest, rounded up to a multiple of <paramref name="multiple"/>.</summary>
    public static int[][] Pad(IReadOnlyList<IReadOnlyList<int>> rows, int value, bool left = false, int? multiple = null)
    {
        var length = rows.Count == 0 ? 0 : rows.Max(r => r.Count);
        if (multiple is > 0 and var m)
        {
            length = (length + m - 1) / m * m;
        }

        return [.. rows.Select(r => left
            ? [.. Enumerable.Repeat(value, length - r.Count), .. r]
            : (int[])[.. r, .. Enumerable.Repeat(value, length - r.Count)])];
    }

    /// <summary>A row of ones for each row.</summary>
    public static int[][] Ones(IReadOnlyList<IReadOnlyList<int>> rows) => [.. rows.Select(r => Enumerable.Repeat(1, r.Count).ToArray())];

    /// <summary>Shifts rows left so that each mask begins at column 0, then drops the columns that no row uses any more.</summary>
    /// <param name="mask">(B, T), 1 on real tokens.</param>
    /// <param name="columns">Further (B, T) arrays to shift alike.</param>
    public static (int[][] Mask, int[][][] Columns) FlushLeft(int[][] mask, params int[][][] columns)
    {
        int[] first = [.. mask.Select(r => Math.Max(0, Array.FindIndex(r, x => x != 0)))];
        int[][] Roll(int[][] rows) => [.. rows.Select((r, b) => (int[])[.. r[first[b]..], .. r[..first[b]]])];
        var rolled = Roll(mask);
        var used = rolled.Length == 0 ? 0 : rolled.Max(r => Array.FindLastIndex(r, x => x != 0)) + 1;
        var width = rolled.Length == 0 ? 0 : rolled[0].Length;
        var empty = Enumerable.Range(0, width).FirstOrDefault(t => t < used && rolled.All(r => r[t] == 0), used);
        return ([.. rolled.Select(r => r[..empty])], [.. columns.Select(c => Roll(c).Select(r => r[..empty]).ToArray())]);
    }
}
