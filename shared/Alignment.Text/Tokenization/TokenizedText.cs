namespace Alignment.Text.Tokenization;

/// <summary>A tokenised text, or a pair of them, with whatever special tokens were added.</summary>
public sealed class TokenizedText
{
    internal TokenizedText(int[] ids, string[] tokens, (int Start, int End)[] offsets, int[] typeIds, int[] specialTokensMask, int[] attentionMask)
    {
        Ids = ids;
        Tokens = tokens;
        Offsets = offsets;
        TypeIds = typeIds;
        SpecialTokensMask = specialTokensMask;
        AttentionMask = attentionMask;
    }

    public int[] Ids { get; internal set; }

    public string[] Tokens { get; internal set; }

    /// <summary>Where each token lies in its own text, in Unicode code points; (0, 0) for added special tokens and padding.</summary>
    public (int Start, int End)[] Offsets { get; internal set; }

    /// <summary>Which segment of the post-processor's template a token belongs to.</summary>
    public int[] TypeIds { get; internal set; }

    /// <summary>1 on tokens that the post-processor or padding added.</summary>
    public int[] SpecialTokensMask { get; internal set; }

    /// <summary>1 on tokens, 0 on padding.</summary>
    public int[] AttentionMask { get; internal set; }

    /// <summary>The other windows when the text was truncated; empty otherwise.</summary>
    public IReadOnlyList<TokenizedText> Overflowing { get; internal set; } = [];

    /// <summary>For each token 0 or 1, the text it comes from, or null for added special tokens.</summary>
    public int?[] SequenceIds
    {
        get
        {
            var result = new int?[Ids.Length];
            if (Ranges.Count == 0)
            {
                Array.Fill(result, 0);
            }

            // As upstream: a sequence without a range of its own counts as spanning everything.
            for (var s = 0; s < Ranges.Count; s++)
            {
                var (start, end) = Ranges.TryGetValue(s, out var r) ? r : (0, Ids.Length);
                result.AsSpan(start, end - start).Fill(s);
            }

            return result;
        }
    }

    public int Length => Ids.Length;

    /// <summary>Token range of each sequence; empty when nothing was combined yet.</summary>
    internal SortedDictionary<int, (int Start, int End)> Ranges { get; private set; } = [];

    internal static TokenizedText Empty => new([], [], [], [], [], []);

    internal static TokenizedText Special(int[] ids, string[] tokens, int typeId)
    {
        var ones = new int[ids.Length];
        Array.Fill(ones, 1);
        var types = new int[ids.Length];
        Array.Fill(types, typeId);
        return new(ids, tokens, new (int, int)[ids.Length], types, ones, (int[])ones.Clone());
    }

    internal void SetTypeId(int typeId) => TypeIds = [.. Enumerable.Repeat(typeId, Ids.Length)];

    internal TokenizedText Copy() => new(Ids, Tokens, Offsets, TypeIds, SpecialTokensMask, AttentionMask)
    {
        Overflowing = Overflowing,
        Ranges = new(Ranges),
    };

    internal TokenizedText Window(int start, int end) => new(Ids[start..end], Tokens[start..end], Offsets[start..end], TypeIds[start..end], SpecialTokensMask[start..end], AttentionMask[start..end]);

    /// <summary>This text followed by another; windows are combined with each other as upstream does.</summary>
    internal TokenizedText Append(TokenizedText other)
    {
        var windows = new List<TokenizedText>();
        foreach (var mine in Overflowing)
        {
            windows.Add(mine.Join(other));
            windows.AddRange(other.Overflowing.Select(mine.Join));
        }

        windows.AddRange(other.Overflowing.Select(Join));
        var result = Join(other);
        result.Overflowing = windows;
        return result;
    }

    private TokenizedText Join(TokenizedText other)
    {
        var result = new TokenizedText([.. Ids, .. other.Ids], [.. Tokens, .. other.Tokens], [.. Offsets, .. other.Offsets], [.. TypeIds, .. other.TypeIds],
            [.. SpecialTokensMask, .. other.SpecialTokensMask], [.. AttentionMask, .. other.AttentionMask])
        {
            Ranges = new(Ranges),
        };
        foreach (var (s, (start, end)) in other.Ranges)
        {
            result.Ranges[s] = (start + Length, end + Length);
        }

        return result;
    }
}
