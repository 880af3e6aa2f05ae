using System.Text;

namespace Alignment.Text.Tokenization.Patterns;

/// <summary>Which code points are one letter when case is ignored (simple folding, one code point to one).</summary>
internal static class CaseFolding
{
    // The simple foldings that upper/lower pairs alone do not connect.
    private static readonly int[][] Extra =
    [
        ['k', 'K', 0x212A], ['s', 'S', 0x17F], [0xE5, 0xC5, 0x212B], [0x3C9, 0x3A9, 0x2126], [0xB5, 0x3BC, 0x39C],
        [0x3C2, 0x3C3, 0x3A3], [0x3B2, 0x392, 0x3D0], [0x3B5, 0x395, 0x3F5], [0x3B8, 0x398, 0x3D1, 0x3F4], [0x3B9, 0x399, 0x345, 0x1FBE],
        [0x3BA, 0x39A, 0x3F0], [0x3C0, 0x3A0, 0x3D6], [0x3C1, 0x3A1, 0x3F1], [0x3C6, 0x3A6, 0x3D5], [0xDF, 0x1E9E], [0x1E61, 0x1E60, 0x1E9B],
        [0x1C4, 0x1C5, 0x1C6], [0x1C7, 0x1C8, 0x1C9], [0x1CA, 0x1CB, 0x1CC], [0x1F1, 0x1F2, 0x1F3],
    ];

    private static readonly Dictionary<int, int[]> Special = Extra.SelectMany(g => g.Select(c => (c, g))).ToDictionary(x => x.c, x => x.g);

    /// <summary>The code point and all others that match it when case is ignored.</summary>
    public static IEnumerable<int> Variants(int c)
    {
        yield return c;
        if (Special.TryGetValue(c, out var group))
        {
            foreach (var other in group)
            {
                if (other != c)
                {
                    yield return other;
                }
            }
        }
        else if (Rune.IsValid(c))
        {
            var lower = Rune.ToLowerInvariant(new Rune(c)).Value;
            var upper = Rune.ToUpperInvariant(new Rune(c)).Value;
            if (lower != c)
            {
                yield return lower;
            }

            if (upper != c)
            {
                yield return upper;
            }
        }
    }
}
