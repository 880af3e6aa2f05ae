namespace Alignment.Text.Tokenization.Models;

/// <summary>
/// Applies merges to a word, lowest rank first, leftmost among equals. Short words scan, long ones keep a heap, so that
/// a megabyte without a blank stays n·log n.
/// </summary>
internal sealed class BytePairMerges
{
    private const int LongWord = 96;

    private readonly PairTable merges;

    [ThreadStatic]
    private static PriorityQueue<(int Position, int Id), (int Rank, int Position)>? queue;

    public BytePairMerges(PairTable merges) => this.merges = merges;

    /// <summary>Symbols in place: ids with their lengths. Returns how many remain.</summary>
    public int Apply(Span<int> ids, Span<int> lengths) => ids.Length > LongWord ? Queue(ids, lengths) : Scan(ids, lengths);

    private int Scan(Span<int> ids, Span<int> lengths)
    {
        var n = ids.Length;
        Span<int> ranks = stackalloc int[LongWord];
        Span<int> results = stackalloc int[LongWord];
        for (var i = 0; i + 1 < n; i++)
        {
            (ranks[i], results[i]) = Look(ids[i], ids[i + 1]);
        }

        while (n > 1)
        {
            var best = 0;
            for (var i = 1; i < n - 1; i++)
            {
                best = ranks[i] < ranks[best] ? i : best;
            }

            if (ranks[best] == int.MaxValue)
            {
                break;
            }

            ids[best] = results[best];
            lengths[best] += lengths[best + 1];
            n--;
            for (var i = best + 1; i < n; i++)
            {
                ids[i] = ids[i + 1];
                lengths[i] = lengths[i + 1];
                ranks[i] = ranks[i + 1];
                results[i] = results[i + 1];
            }

            if (best > 0)
            {
                (ranks[best - 1], results[best - 1]) = Look(ids[best - 1], ids[best]);
            }

            if (best < n - 1)
            {
                (ranks[best], results[best]) = Look(ids[best], ids[best + 1]);
            }
        }

        return n;
    }

    private (int Rank, int Id) Look(int left, int right) => merges.TryGet(left, right, out var rank, out var id) ? (rank, id) : (int.MaxValue, 0);

    private int Queue(Span<int> ids, Span<int> lengths)
    {
        var n = ids.Length;
        var next = new int[n];
        var previous = new int[n];
        var heap = queue ??= new();
        heap.Clear();
        for (var i = 0; i < n; i++)
        {
            (previous[i], next[i]) = (i - 1, i + 1 < n ? i + 1 : -1);
            if (i + 1 < n)
            {
                Offer(heap, ids, i, i + 1);
            }
        }

        while (heap.TryDequeue(out var top, out _))
        {
            var i = top.Position;
            var j = lengths[i] < 0 ? -1 : next[i];
            // Stale when either side has been merged since: the pair must still give this very token.
            if (j < 0 || !merges.TryGet(ids[i], ids[j], out _, out var merged) || merged != top.Id)
            {
                continue;
            }

            ids[i] = merged;
            lengths[i] += lengths[j];
            lengths[j] = -1;
            next[i] = next[j];
            if (next[j] >= 0)
            {
                previous[next[j]] = i;
                Offer(heap, ids, i, next[j]);
            }

            if (previous[i] >= 0)
            {
                Offer(heap, ids, previous[i], i);
            }
        }

        var count = 0;
        for (var i = 0; i >= 0; i = next[i])
        {
            (ids[count], lengths[count]) = (ids[i], lengths[i]);
            count++;
        }

        return count;
    }

    private void Offer(PriorityQueue<(int Position, int Id), (int Rank, int Position)> heap, ReadOnlySpan<int> ids, int left, int right)
    {
        if (merges.TryGet(ids[left], ids[right], out var rank, out var id))
        {
            heap.Enqueue((left, id), (rank, left));
        }
    }
}
