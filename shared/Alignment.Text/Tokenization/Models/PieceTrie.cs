namespace Alignment.Text.Tokenization.Models;

/// <summary>
/// A trie over code points in one open-addressing hash table: a quarter of a million pieces build in a fraction of a second.
/// The child of a node by a character lies at the hash of both.
/// </summary>
internal sealed class PieceTrie
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private readonly List<int> values = [-1];
    private long[] keys;
    private int[] children;
    private int shift;

    /// <param name="capacity">Nodes expected; more are possible.</param>
    public PieceTrie(int capacity) => (keys, children, shift) = Table(capacity);

    public void Add(ReadOnlySpan<int> piece, int value)
    {
        var node = 0;
        foreach (var c in piece)
        {
            var key = Key(node, c);
            var slot = Slot(key);
            if (keys[slot] == key)
            {
                node = children[slot];
                continue;
            }

            node = values.Count;
            values.Add(-1);
            (keys[slot], children[slot]) = (key, node);
            if (values.Count * 3L > keys.Length * 2L)
            {
                Grow();
            }
        }

        values[node] = value;
    }

    /// <summary>One step down: the child node, or −1. The root is 0.</summary>
    public int Step(int node, int c)
    {
        var key = Key(node, c);
        var slot = Slot(key);
        return keys[slot] == key ? children[slot] : -1;
    }

    /// <summary>The value of a piece that ends at the node, or −1.</summary>
    public int Value(int node) => values[node];

    // Never zero, which marks an empty slot.
    private static long Key(int node, int c) => ((long)(node + 1) << 21) | (uint)c;

    private static (long[] Keys, int[] Children, int Shift) Table(int capacity)
    {
        var bits = Math.Clamp(64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)Math.Max(1, capacity) * 3 / 2), 4, 30);
        return (new long[1 << bits], new int[1 << bits], 64 - bits);
    }

    // Where the key is, or where it would go.
    private int Slot(long key)
    {
        var mask = keys.Length - 1;
        var slot = (int)(((ulong)key * Golden) >> shift);
        while (keys[slot] != key && keys[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        return slot;
    }

    private void Grow()
    {
        var (oldKeys, oldChildren) = (keys, children);
        (keys, children, shift) = Table(oldKeys.Length);
        for (var i = 0; i < oldKeys.Length; i++)
        {
            if (oldKeys[i] != 0)
            {
                var slot = Slot(oldKeys[i]);
                (keys[slot], children[slot]) = (oldKeys[i], oldChildren[i]);
            }
        }
    }
}
