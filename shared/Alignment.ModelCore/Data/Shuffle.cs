namespace Alignment.ModelCore.Data;

/// <summary>
/// The one source of order in a run: a permutation that depends on (seed, epoch) alone, the same on every machine and runtime, so that
/// the data cursor is a step number and nothing else needs saving. SplitMix64 (Steele et al. 2014) drives Fisher–Yates.
/// </summary>
public sealed class Shuffle(long seed, int epoch)
{
    private ulong state = Mix(Mix((ulong)seed) + (ulong)epoch);

    /// <summary>0 … count−1 in random order.</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        Apply<int>(order);
        return order;
    }

    /// <summary>Shuffles in place.</summary>
    public void Apply<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = (int)Below((ulong)i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    // Lemire's multiply-shift; the bias of 2⁻⁶⁴ · n is far below anything a run could show.
    private ulong Below(ulong n)
    {
        state += 0x9E3779B97F4A7C15;
        return (ulong)(((UInt128)Mix(state) * n) >> 64);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
