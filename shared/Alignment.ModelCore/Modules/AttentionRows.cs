using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>Tokens beside each other in a batch (B, T), by the flat place b·T + t of the first.</summary>
public readonly record struct TokenSpan(int Start, int Count);

/// <summary>
/// The texts inside a batch whose rows hold several: packed documents, or a prompt that several answers share. Everything but attention
/// runs on the tokens as they lie; attention alone gathers each text into a row of its own, where causality is all the mask that is
/// needed, so that nothing is spent on what a token may not see. Texts of similar length go together. Made once for all layers.
/// </summary>
public sealed class AttentionRows
{
    // What a further call of attention costs, in pairs of query and key; and what moving a token costs.
    private const long CallCost = 4096, TokenCost = 64;
    private readonly IReadOnlyList<IReadOnlyList<TokenSpan>> texts;
    private readonly List<Bucket> buckets;
    private readonly Tensor back;
    private readonly long batch;
    private readonly long length;

    private AttentionRows(IReadOnlyList<IReadOnlyList<TokenSpan>> texts, long batch, long length)
    {
        (this.texts, this.batch, this.length) = (texts, batch, length);
        var places = new long[batch * length];
        Array.Fill(places, -1);
        buckets = [.. Group(texts, places)];
        back = tensor(places);
        Longest = buckets.Max(b => b.Length);
    }

    /// <summary>Tokens of the longest text.</summary>
    public long Longest { get; }

    /// <summary>New tensors in the current dispose scope.</summary>
    /// <param name="texts">Each in reading order, of spans within one row of the batch. A token may be in several texts, and must be in one; the first that has it gives its output.</param>
    public static AttentionRows Of(IReadOnlyList<IReadOnlyList<TokenSpan>> texts, long batch, long length)
    {
        var rows = new AttentionRows(texts, batch, length);
        return rows.back.min().item<long>() >= 0 ? rows : throw new ArgumentException("A token of the batch belongs to no text.", nameof(texts));
    }

    /// <summary>Packed documents, which begin wherever positions (B, T) do not go up by one; null where no row holds two.</summary>
    public static AttentionRows? Documents(Tensor positions)
    {
        var (batch, length) = ((int)positions.shape[0], (int)positions.shape[1]);
        var at = positions.cpu().contiguous().data<long>().ToArray();
        var documents = new List<TokenSpan[]>();
        for (var start = 0; start < at.Length;)
        {
            var end = start + 1;
            while (end < at.Length && end % length != 0 && at[end] == at[end - 1] + 1)
            {
                end++;
            }

            documents.Add([new(start, end - start)]);
            start = end;
        }

        return documents.Count == batch ? null : Of(documents, batch, length);
    }

    /// <summary>(B, T, T), true where a token may look, causality aside: the same rule for what cannot run in rows.</summary>
    public Tensor Visible()
    {
        var keep = new bool[batch * length * length];
        foreach (var text in texts)
        {
            int[] tokens = [.. text.SelectMany(s => Enumerable.Range(s.Start, s.Count))];
            foreach (var q in tokens)
            {
                foreach (var k in tokens)
                {
                    keep[(q * length) + (k % length)] = true;
                }
            }
        }

        return tensor(keep, [batch, length, length]);
    }

    /// <summary>What each group of texts adds to its scores under a sliding window; null where causality suffices.</summary>
    internal Tensor?[] Windows(int? window, ScalarType dtype)
    {
        using var none = no_grad();
        return [.. buckets.Select(b => window is { } w && w < b.Length ? Band(b.Length, w, dtype) : null)];
    }

    /// <summary>q (B, T, H, S), k and v (B, T, K, S) → (B, T, H, S).</summary>
    /// <param name="attend">Attention over texts of one length with what <see cref="Windows"/> gave: (n, H, L, S), twice (n, K, L, S) → (n, H, L, S).</param>
    internal Tensor Mix(Tensor q, Tensor k, Tensor v, Tensor?[] windows, Func<Tensor, Tensor, Tensor, Tensor?, Tensor> attend)
    {
        Tensor Flat(Tensor t) => t.reshape(batch * length, -1);
        Tensor[] flat = [Flat(q), Flat(k), Flat(v)];
        var mixed = buckets.Select((bucket, i) =>
        {
            Tensor Rows(int which) => flat[which].index_select(0, bucket.Tokens).view(bucket.Count, bucket.Length, -1, q.shape[3]).transpose(1, 2);
            return attend(Rows(0), Rows(1), Rows(2), windows[i]).transpose(1, 2).reshape(bucket.Count * bucket.Length, -1);
        }).ToArray();
        return (mixed.Length == 1 ? mixed[0] : cat(mixed)).index_select(0, back).view(q.shape);
    }

    // A text is filled up with its own last token on the right, where no query of it looks.
    private static IEnumerable<Bucket> Group(IReadOnlyList<IReadOnlyList<TokenSpan>> texts, long[] places)
    {
        long[][] rows = [.. texts.Select(t => t.SelectMany(s => Enumerable.Range(s.Start, s.Count)).Select(i => (long)i).ToArray()).Where(t => t.Length > 0)];
        int[] order = [.. Enumerable.Range(0, rows.Length).OrderByDescending(i => rows[i].Length)];
        long at = 0;
        foreach (var (from, to) in Cuts([.. order.Select(i => rows[i].Length)]))
        {
            var longest = rows[order[from]].Length;
            var tokens = new long[(to - from) * longest];
            for (var r = from; r < to; r++)
            {
                var row = rows[order[r]];
                for (var t = 0; t < longest; t++, at++)
                {
                    tokens[((r - from) * longest) + t] = row[Math.Min(t, row.Length - 1)];
                    if (t < row.Length && places[row[t]] < 0)
                    {
                        places[row[t]] = at;
                    }
                }
            }

            yield return new(tensor(tokens), to - from, longest);
        }
    }

    /// <summary>Cuts falling lengths into groups, each padded to its first, at least cost: shortest path over the places to cut.</summary>
    private static List<(int From, int To)> Cuts(int[] lengths)
    {
        var cost = new long[lengths.Length + 1];
        var cut = new int[lengths.Length + 1];
        for (var to = 1; to <= lengths.Length; to++)
        {
            cost[to] = long.MaxValue;
            for (var from = to - 1; from >= 0; from--)
            {
                var all = cost[from] + CallCost + ((long)(to - from) * lengths[from] * (lengths[from] + TokenCost));
                (cost[to], cut[to]) = all < cost[to] ? (all, from) : (cost[to], cut[to]);
            }
        }

        var cuts = new List<(int, int)>();
        for (var to = lengths.Length; to > 0; to = cut[to])
        {
            cuts.Insert(0, (cut[to], to));
        }

        return cuts;
    }

    private static Tensor Band(long length, long window, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var size = (Scalar)window;
        var back = arange(length, ScalarType.Int64).view(length, 1).sub(arange(length, ScalarType.Int64).view(1, length));
        var see = back.ge(Scalars.LongZero).logical_and(back.lt(size));
        return zeros([1, 1, length, length], dtype).masked_fill_(see.logical_not(), Scalars.MinusInfinity).MoveToOuterDisposeScope();
    }

    /// <param name="Tokens">(Count·Length) int64: the flat place of each token.</param>
    private sealed record Bucket(Tensor Tokens, long Count, long Length);
}
