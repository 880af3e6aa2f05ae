namespace Alignment.Text.Tokenization.Patterns;

internal enum Repeat
{
    Greedy,
    Lazy,
    Possessive,
}

internal enum Anchor
{
    TextStart,
    TextEnd,
    TextEndOrNewline,
    LineStart,
    LineEnd,
    WordBoundary,
    NotWordBoundary,
    SearchStart,
}

/// <summary>The syntax tree of a regular expression over code points.</summary>
internal abstract record PatternNode
{
    /// <summary>What a match may begin with, or null where that is unknown or the node can match nothing.</summary>
    public virtual CharSet? First => null;

    /// <summary>Shortest and longest match in code points; <see cref="int.MaxValue"/> is unbounded.</summary>
    public abstract (int Min, int Max) Length { get; }

    protected static int Add(int a, int b) => (int)Math.Min((long)a + b, int.MaxValue);

    protected static int Times(int a, int b) => a == 0 || b == 0 ? 0 : (int)Math.Min((long)a * b, int.MaxValue);

    public sealed record Set(CharSet Chars) : PatternNode
    {
        public override CharSet First => Chars;

        public override (int Min, int Max) Length => (1, 1);
    }

    public sealed record Sequence(IReadOnlyList<PatternNode> Items) : PatternNode
    {
        public override CharSet? First { get; } = FirstOf(Items);

        public override (int Min, int Max) Length { get; } = Items.Aggregate((Min: 0, Max: 0), (l, n) => (Add(l.Min, n.Length.Min), Add(l.Max, n.Length.Max)));

        private static CharSet? FirstOf(IReadOnlyList<PatternNode> items)
        {
            var union = new List<CharSet>();
            foreach (var item in items)
            {
                if (item is Assert or Look)
                {
                    continue;
                }

                var first = item is Loop { Min: 0 } loop ? loop.Body.First : item.First;
                if (first is null)
                {
                    return null;
                }

                union.Add(first);
                if (item.Length.Min > 0)
                {
                    return CharSet.Union(union);
                }
            }

            return null;
        }
    }

    public sealed record Alternation(IReadOnlyList<PatternNode> Branches) : PatternNode
    {
        public override CharSet? First { get; } = Branches.All(b => b.First is not null) ? CharSet.Union(Branches.Select(b => b.First!)) : null;

        public override (int Min, int Max) Length { get; } = (Branches.Min(b => b.Length.Min), Branches.Max(b => b.Length.Max));
    }

    public sealed record Loop(PatternNode Body, int Min, int Max, Repeat Kind) : PatternNode
    {
        public override CharSet? First => Min > 0 ? Body.First : null;

        public override (int Min, int Max) Length { get; } = (Times(Body.Length.Min, Min), Times(Body.Length.Max, Max));
    }

    public sealed record Atomic(PatternNode Body) : PatternNode
    {
        public override CharSet? First => Body.First;

        public override (int Min, int Max) Length => Body.Length;
    }

    public sealed record Look(PatternNode Body, bool Behind, bool Negative) : PatternNode
    {
        public override (int Min, int Max) Length => (0, 0);
    }

    public sealed record Assert(Anchor Kind) : PatternNode
    {
        public override (int Min, int Max) Length => (0, 0);
    }
}
