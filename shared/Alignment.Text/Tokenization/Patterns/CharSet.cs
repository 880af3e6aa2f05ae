using System.Numerics;

namespace Alignment.Text.Tokenization.Patterns;

/// <summary>A set of code points: a predicate, remembered page by page (256 code points) as they are asked for.</summary>
internal sealed class CharSet
{
    private const int PageCount = 0x110000 >> 8;

    private readonly Func<int, bool> predicate;
    private readonly ulong low;
    private readonly ulong high;
    private ulong[]?[]? pages;

    public CharSet(Func<int, bool> predicate)
    {
        this.predicate = predicate;
        for (var c = 0; c < 64; c++)
        {
            low |= predicate(c) ? 1UL << c : 0;
            high |= predicate(c + 64) ? 1UL << c : 0;
        }
    }

    public static CharSet Any { get; } = new(_ => true);

    public bool Contains(int c) => c < 64 ? (low >> c & 1) != 0 : c < 128 ? (high >> (c - 64) & 1) != 0 : Slow(c);

    public CharSet Not() => new(c => !Contains(c));

    /// <summary>One flat union, so that a class of thousands of members does not nest thousands deep.</summary>
    public static CharSet Union(IEnumerable<CharSet> sets)
    {
        CharSet[] all = [.. sets.Distinct()];
        return all.Length == 1 ? all[0] : new(c => Array.Exists(all, s => s.Contains(c)));
    }

    public CharSet And(CharSet other) => new(c => Contains(c) && other.Contains(c));

    /// <summary>Everything that equals a member when case is ignored.</summary>
    public CharSet IgnoreCase() => new(c => CaseFolding.Variants(c).Any(Contains));

    public static CharSet Of(int c) => new(x => x == c);

    public static CharSet Range(int from, int to) => new(x => x >= from && x <= to);

    /// <summary>Number of ASCII members; tells cheap first-character filters from useless ones.</summary>
    public int AsciiCount => BitOperations.PopCount(low) + BitOperations.PopCount(high);

    private bool Slow(int c)
    {
        var all = pages ??= new ulong[PageCount][];
        var page = all[c >> 8] ??= Build(c >> 8);
        return (page[c >> 6 & 3] >> (c & 63) & 1) != 0;
    }

    private ulong[] Build(int number)
    {
        var page = new ulong[4];
        for (var i = 0; i < 256; i++)
        {
            page[i >> 6] |= predicate(number << 8 | i) ? 1UL << (i & 63) : 0;
        }

        return page;
    }
}
