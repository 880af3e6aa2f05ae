using Alignment.ModelCore.Losses;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Rows side by side, padded on the right. Because real tokens never look forward, right padding needs no attention mask; what is a
/// target comes from the rows' own lengths and flags, never from ids, so that a padding id equal to the eos id loses nothing.
/// </summary>
/// <param name="InputIds">(B, T) int64</param>
/// <param name="Labels">(B, T) int64, −100 where nothing is learned; not shifted.</param>
/// <param name="Weights">(B, T) float32, or null when every row weighs 1.</param>
/// <param name="LastPositions">(B) int64: each row's last real token.</param>
/// <param name="RealTokens">Tokens without padding.</param>
/// <param name="Targets">Tokens that the loss counts.</param>
public sealed record TokenBatch(Tensor InputIds, Tensor Labels, Tensor? Weights, Tensor LastPositions, long RealTokens, long Targets)
{
    /// <summary>(B, T) int64, restarting at each document of a packed row; null when no row is packed.</summary>
    public Tensor? PositionIds { get; private init; }

    /// <summary>New tensors in the current dispose scope.</summary>
    public static TokenBatch Of(IReadOnlyList<TokenRow> rows, int padId)
    {
        int count = rows.Count, length = rows.Max(r => r.Ids.Length);
        var ids = new long[count * length];
        var labels = new long[count * length];
        Array.Fill(ids, padId);
        Array.Fill(labels, LogProbs.IgnoreIndex);
        for (var b = 0; b < count; b++)
        {
            var row = rows[b];
            for (var t = 0; t < row.Ids.Length; t++)
            {
                ids[(b * length) + t] = row.Ids[t];
                labels[(b * length) + t] = row.Learn[t] ? row.Ids[t] : LogProbs.IgnoreIndex;
            }
        }

        return new(tensor(ids, [count, length]), tensor(labels, [count, length]), WeightsOf(rows, length),
            tensor(rows.Select(r => r.Ids.Length - 1L).ToArray()), rows.Sum(r => (long)r.Ids.Length), rows.Sum(r => (long)r.Targets))
        {
            PositionIds = Positions(rows, length),
        };
    }

    private static Tensor? Positions(IReadOnlyList<TokenRow> rows, int length) => rows.All(r => r.Documents is null) ? null
        : tensor(rows.SelectMany(r => (r.Documents ?? [r.Ids.Length]).Append(length - r.Ids.Length).SelectMany(n => Enumerable.Range(0, n))).Select(p => (long)p).ToArray(), [rows.Count, length]);

    private static Tensor? WeightsOf(IReadOnlyList<TokenRow> rows, int length)
    {
        if (rows.All(r => r.Weight == 1))
        {
            return null;
        }

        return tensor(rows.SelectMany(r => Enumerable.Repeat((float)r.Weight, length)).ToArray(), [rows.Count, length]);
    }
}
