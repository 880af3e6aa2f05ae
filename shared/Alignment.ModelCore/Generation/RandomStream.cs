namespace Alignment.ModelCore.Generation;

/// <summary>SplitMix64: a tiny generator with a well-mixed start from any seed, one per sequence.</summary>
public sealed class RandomStream(ulong seed)
{
    private ulong state = seed;

    /// <summary>A stream that depends on the seed, the prompt's ids, how often that prompt occurred before, and the sequence's number.</summary>
    public static RandomStream For(ulong seed, ReadOnlySpan<int> prompt, int occurrence, int sequence)
    {
        var mixed = new RandomStream(seed);
        foreach (var id in prompt)
        {
            mixed.state = mixed.Next() ^ (uint)id;
        }

        mixed.state = mixed.Next() ^ (uint)occurrence;
        mixed.state = mixed.Next() ^ (uint)sequence;
        return new(mixed.Next());
    }

    public ulong Next()
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1), 53 bits.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));
}
