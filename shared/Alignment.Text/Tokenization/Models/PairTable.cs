namespace Alignment.Text.Tokenization.Models;

/// <summary>Pairs of token ids with their rank and what they merge into: open addressing over a multiplied key, because the ids of a pair are close to each other.</summary>
internal sealed class PairTable
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly Entry[] entries;
    private readonly int shift;

    /// <param name="capacity">Most pairs that will be set.</param>
    public PairTable(int capacity)
    {
        var bits = Math.Clamp(64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)Math.Max(1, capacity) * 3 / 2), 4, 30);
        (entries, shift) = (new Entry[1 << bits], 64 - bits);
    }

    public void Set(int left, int right, int rank, int id) => entries[Slot(left, right)] = new(left + 1, right, rank, id);

    public bool TryGet(int left, int right, out int rank, out int id)
    {
        ref readonly var found = ref entries[Slot(left, right)];
        (rank, id) = (found.Rank, found.Id);
        return found.Left != 0;
    }

    private int Slot(int left, int right)
    {
        var mask = entries.Length - 1;
        var slot = (int)(((((ulong)(uint)left << 32) | (uint)right) * Golden) >> shift);
        while (entries[slot].Left != 0 && (entries[slot].Left != left + 1 || entries[slot].Right != right))
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    /// <param name="Left">One more than the id; 0 is an empty slot.</param>
    private readonly record struct Entry(int Left, int Right, int Rank, int Id);
}
