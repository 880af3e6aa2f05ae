namespace Alignment.Text.Tokenization;

/// <summary>Finds added tokens: leftmost first, longest at one place.</summary>
internal sealed class AddedTokenTrie
{
    private readonly Node root = new();

    public bool IsEmpty => root.Children.Count == 0;

    public void Add(ReadOnlySpan<int> pattern, AddedToken token)
    {
        if (pattern.IsEmpty)
        {
            return;
        }

        var node = root;
        foreach (var c in pattern)
        {
            node = node.Children.TryGetValue(c, out var child) ? child : node.Children[c] = new();
        }

        node.Token ??= token;
    }

    /// <summary>The next match at or after a position.</summary>
    public bool Find(ReadOnlySpan<int> text, int from, out int start, out int end, out AddedToken token)
    {
        for (start = from; start < text.Length; start++)
        {
            if (!root.Children.TryGetValue(text[start], out var node))
            {
                continue;
            }

            var found = node.Token;
            end = start + 1;
            for (var i = start + 1; i < text.Length && node.Children.TryGetValue(text[i], out node); i++)
            {
                if (node.Token is not null)
                {
                    (found, end) = (node.Token, i + 1);
                }
            }

            if (found is not null)
            {
                token = found;
                return true;
            }
        }

        (end, token) = (0, null!);
        return false;
    }

    private sealed class Node
    {
        public Dictionary<int, Node> Children { get; } = [];

        public AddedToken? Token { get; set; }
    }
}
