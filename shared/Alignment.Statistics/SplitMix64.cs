namespace Alignment.Statistics;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood 2014): a generator of our own, so that a seed means the same draws on every platform
/// and runtime version.
/// </summary>
public sealed class SplitMix64(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="bound"/>), by multiplication (Lemire 2019); the bias below 2⁻³² is of no account here.</summary>
    public int Next(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary><paramref name="count"/> indices drawn with replacement from 0 … count−1.</summary>
    public int[] Indices(int count)
    {
        var draw = new int[count];
        for (var i = 0; i < count; i++)
        {
            draw[i] = Next(count);
        }

        return draw;
    }

    /// <summary>Fisher–Yates, in place.</summary>
    public void Shuffle<T>(IList<T> items)
    {
        for (var i = items.Count - 1; i > 0; i--)
        {
            var j = Next(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
