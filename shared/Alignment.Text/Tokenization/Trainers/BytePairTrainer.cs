namespace Alignment.Text.Tokenization.Trainers;

/// <summary>
/// Learns byte-pair merges. Ids are the special tokens, the alphabet in code-point order, then the merges; each merge is the
/// pair of highest count, ties by the smaller left id, then right id. Deterministic.
/// </summary>
internal sealed class BytePairTrainer
{
    private readonly List<string> tokens = [];
    private readonly List<int> lengths = [];
    private readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    private readonly List<(string Left, string Right)> merges = [];
    private readonly Dictionary<ulong, long> counts = new(Mixed.Keys);
    private readonly Dictionary<ulong, HashSet<int>> places = new(Mixed.Keys);
    private readonly PriorityQueue<(ulong Pair, long Count), (long Negative, ulong Pair)> queue = new();
    private readonly List<int[]> words = [];
    private readonly List<long> frequencies = [];

    public required int VocabularySize { get; init; }

    /// <summary>Merges rarer than this are not learnt.</summary>
    public long MinFrequency { get; init; }

    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Characters that get an id whether they occur or not.</summary>
    public IReadOnlyList<int> InitialAlphabet { get; init; } = [];

    /// <summary>Most characters of the alphabet; the rarest go first.</summary>
    public int? LimitAlphabet { get; init; }

    /// <summary>Longer tokens are not made: pairs must join to fewer characters than this. Pairs of single characters always may.</summary>
    public int? MaxTokenLength { get; init; }

    public (IReadOnlyList<string> Tokens, List<(string Left, string Right)> Merges) Train(IReadOnlyList<(int[] Word, long Count)> corpus, CancellationToken cancellationToken = default)
    {
        foreach (var token in SpecialTokens)
        {
            Add(token, token.Length);
        }

        var alphabet = Alphabet(corpus);
        foreach (var (word, count) in corpus)
        {
            words.Add([.. word.Where(alphabet.ContainsKey).Select(c => alphabet[c])]);
            frequencies.Add(count);
        }

        for (var w = 0; w < words.Count; w++)
        {
            Count(w, 1, first: true, touched: null);
        }

        foreach (var pair in counts.Keys)
        {
            Offer(pair);
        }

        while (tokens.Count < VocabularySize && Best() is { } best)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Merge(best);
        }

        return (tokens, merges);
    }

    private int Add(string token, int length)
    {
        if (!ids.TryGetValue(token, out var id))
        {
            id = tokens.Count;
            ids[token] = id;
            tokens.Add(token);
            lengths.Add(length);
        }

        return id;
    }

    private Dictionary<int, int> Alphabet(IReadOnlyList<(int[] Word, long Count)> corpus)
    {
        var seen = new Dictionary<int, long>();
        foreach (var (word, count) in corpus)
        {
            foreach (var c in word)
            {
                seen[c] = seen.GetValueOrDefault(c) + count;
            }
        }

        foreach (var c in InitialAlphabet)
        {
            seen[c] = long.MaxValue;
        }

        var remove = LimitAlphabet is { } limit ? Math.Max(0, seen.Count - limit) : 0;
        return seen.OrderBy(s => s.Value).ThenByDescending(s => s.Key).Skip(remove).OrderBy(s => s.Key).ToDictionary(s => s.Key, s => Add(CodePoints.ToText([s.Key]), 1));
    }

    // Adds (or with −1 takes away) a word's pairs.
    private void Count(int w, int sign, bool first, HashSet<ulong>? touched)
    {
        var word = words[w];
        for (var i = 0; i + 1 < word.Length; i++)
        {
            if (!first && MaxTokenLength is { } max && lengths[word[i]] + lengths[word[i + 1]] is > 2 and var joined && joined >= max)
            {
                continue;
            }

            var pair = Key(word[i], word[i + 1]);
            counts[pair] = counts.GetValueOrDefault(pair) + (sign * frequencies[w]);
            touched?.Add(pair);
            if (sign > 0)
            {
                (places.TryGetValue(pair, out var set) ? set : places[pair] = []).Add(w);
            }
        }
    }

    private void Offer(ulong pair)
    {
        if (counts[pair] > 0)
        {
            queue.Enqueue((pair, counts[pair]), (-counts[pair], pair));
        }
    }

    private ulong? Best()
    {
        while (queue.TryDequeue(out var top, out _))
        {
            if (counts[top.Pair] == top.Count)
            {
                return top.Count >= Math.Max(MinFrequency, 1) ? top.Pair : null;
            }
        }

        return null;
    }

    private void Merge(ulong pair)
    {
        var (left, right) = ((int)(pair >> 32), (int)(uint)pair);
        var id = Add(tokens[left] + tokens[right], lengths[left] + lengths[right]);
        merges.Add((tokens[left], tokens[right]));
        var touched = new HashSet<ulong>();
        foreach (var w in places[pair])
        {
            Count(w, -1, first: false, touched);
            words[w] = Replace(words[w], left, right, id);
            Count(w, 1, first: false, touched);
        }

        places.Remove(pair);
        counts[pair] = 0;
        foreach (var t in touched)
        {
            Offer(t);
        }
    }

    private static int[] Replace(int[] word, int left, int right, int id)
    {
        var result = new List<int>(word.Length);
        for (var i = 0; i < word.Length; i++)
        {
            if (i + 1 < word.Length && word[i] == left && word[i + 1] == right)
            {
                result.Add(id);
                i++;
            }
            else
            {
                result.Add(word[i]);
            }
        }

        return [.. result];
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    // The ids of a pair are close to each other: the runtime's hash, their exclusive or, would put most pairs into few buckets.
    private sealed class Mixed : IEqualityComparer<ulong>
    {
        public static Mixed Keys { get; } = new();

        public bool Equals(ulong x, ulong y) => x == y;

        public int GetHashCode(ulong key) => (int)((key * 0x9E3779B97F4A7C15) >> 32);
    }
}
