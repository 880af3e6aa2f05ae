using System.Globalization;

namespace Alignment.Text.Tokenization.Unicode;

/// <summary>The script of a code point, in the Unicode version that published tokenizers were built with.</summary>
internal static class Scripts
{
    private static readonly Lazy<(int From, int To, string Script)[]> Ranges = new(Load);
    private static readonly Lazy<Dictionary<string, string>> Names = new(() => Ranges.Value.Select(r => r.Script).Distinct().ToDictionary(n => n.ToLowerInvariant(), n => n));

    /// <summary>The script's name, or <c>Any</c> where none is assigned.</summary>
    public static string Of(int c)
    {
        var all = Ranges.Value;
        int low = 0, high = all.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (c < all[middle].From)
            {
                high = middle - 1;
            }
            else if (c > all[middle].To)
            {
                low = middle + 1;
            }
            else
            {
                return all[middle].Script;
            }
        }

        return "Any";
    }

    /// <summary>Membership in a script given by its lower-case name without separators.</summary>
    public static Func<int, bool>? Find(string name) => Names.Value.TryGetValue(name, out var script) ? c => Of(c) == script : null;

    private static (int From, int To, string Script)[] Load() =>
        [.. UnicodeTable.Lines("scripts.txt").SelectMany(line =>
        {
            var parts = line.Split(' ');
            return parts[1].Split(',').Select(r => r.Split('-')).Select(r => (Hex(r[0]), Hex(r[^1]), parts[0]));
        }).OrderBy(r => r.Item1)];

    private static int Hex(string s) => int.Parse(s, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
