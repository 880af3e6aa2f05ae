namespace Alignment.Text.Tokenization.Models;

/// <summary>A trie over code points in one hash table: a quarter of a million pieces build in a fraction of a second.</summary>
internal sealed class PieceTrie
{
    private readonly Dictionary<long, int> children;
    private readonly List<int> values = [-1];

    public PieceTrie(int capacity) => children = new(capacity);

    public void Add(ReadOnlySpan<int> piece, int value)
    {
        var node = 0;
        foreach (var c in piece)
        {
            var key = (long)node << 21 | (uint)c;
            if (!children.TryGetValue(key, out var child))
            {
                child = values.Count;
                values.Add(-1);
                children[key] = child;
            }

            node = child;
        }

        values[node] = value;
    }

    /// <summary>One step down: the child node, or −1. The root is 0.</summary>
    public int Step(int node, int c) => children.TryGetValue((long)node << 21 | (uint)c, out var child) ? child : -1;

    /// <summary>The value of a piece that ends at the node, or −1.</summary>
    public int Value(int node) => values[node];
}
