using Alignment.PreferenceStore;

namespace Alignment.Datasets.Split;

/// <summary>
/// Splits by prompt group: a group is held out when the hash of seed and group, read as a number in [0, 1), is below the fraction. So all rows of one
/// prompt stay together, and a prompt stays on its side when others are added later.
/// </summary>
internal static class GroupSplit
{
    /// <returns>Training rows and held-out rows, each in the order given. When chance leaves one side empty although there are two groups or more and a fraction
    /// inside (0, 1), the group nearest to the border changes sides.</returns>
    public static (List<T> Train, List<T> Heldout) Of<T>(IReadOnlyList<T> rows, Func<T, string> group, double heldout, long seed)
    {
        var places = rows.Select(group).Distinct(StringComparer.Ordinal).ToDictionary(g => g, g => Place(seed, g), StringComparer.Ordinal);
        var border = heldout;
        if (heldout is > 0 and < 1 && places.Count > 1)
        {
            border = places.Values.All(p => p >= border) ? Math.BitIncrement(places.Values.Min()) : places.Values.All(p => p < border) ? places.Values.Max() : border;
        }

        return ([.. rows.Where(r => places[group(r)] >= border)], [.. rows.Where(r => places[group(r)] < border)]);
    }

    // 53 bits, so that the quotient is exact in a double.
    private static double Place(long seed, string group) => (Sha256.SeedOf($"{seed}\n{group}") >> 10) / (double)(1L << 53);
}
