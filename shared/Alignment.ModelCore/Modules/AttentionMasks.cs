using Alignment.ModelCore.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>What one layer passes to attention: nothing, the causal flag, or an additive mask (B or 1, 1, T, Tk).</summary>
/// <param name="Recent">Only the last so many keys are used; for one query under a sliding window.</param>
/// <param name="Sees">(B or 1, 1, T, 1), 0 for queries that may see nothing: their query vector is made zero, so that they see all keys alike. Null: none.</param>
/// <param name="Rows">Attention happens in these rows, with no other mask than <paramref name="Windows"/>.</param>
/// <param name="Windows">What belongs to <paramref name="Rows"/>.</param>
public readonly record struct LayerMask(bool Causal, Tensor? Additive, long? Recent = null, Tensor? Sees = null, AttentionRows? Rows = null, Tensor?[]? Windows = null);

/// <summary>
/// The masks of one forward pass, made once for all layers. The cheapest form that is right is chosen: right padding needs none
/// beyond causality, because real tokens never look forward. A query that may see nothing sees everything alike, as in transformers in
/// float32, so that nothing becomes NaN: it belongs to padding.
/// </summary>
public sealed class AttentionMasks
{
    private readonly long queries;
    private readonly long past;
    private readonly Tensor? allowed;
    private readonly AttentionRows? rows;
    private readonly ScalarType dtype;
    private LayerMask? full;
    private LayerMask? windowed;

    private AttentionMasks(long queries, long past, Tensor? allowed, ScalarType dtype, AttentionRows? rows = null)
    {
        (this.queries, this.past, this.allowed, this.dtype, this.rows) = (queries, past, allowed, dtype, rows);
    }

    /// <param name="mask">(B, past + T) or (B, T, past + T), true or non-zero keeps; null keeps all.</param>
    /// <param name="positions">(B, T) given by the caller: restarts separate documents when there is neither mask nor past.</param>
    public static AttentionMasks Create(long queries, long past, Tensor? mask, Tensor? positions, ScalarType dtype)
    {
        Tensor? allowed = null;
        if (mask is not null)
        {
            var keys = past + queries;
            if (mask.shape[^1] != keys || (mask.dim() == 3 && mask.shape[1] != queries) || mask.dim() is not (2 or 3))
            {
                throw new ArgumentException($"The attention mask is [{string.Join(", ", mask.shape)}]; {queries} queries over {keys} keys need (B, {keys}) or (B, {queries}, {keys}).", nameof(mask));
            }

            var keep = mask.dtype == ScalarType.Bool ? mask : mask.ne(Scalars.LongZero);
            allowed = mask.dim() == 3 ? keep.unsqueeze(1) : NeedsMask(keep, past) ? keep.view(keep.shape[0], 1, 1, keys) : null;
        }
        else if (positions is not null && past == 0 && queries > 1)
        {
            return new(queries, past, null, dtype, AttentionRows.Documents(positions));
        }

        return new(queries, past, allowed, dtype);
    }

    /// <summary>For a batch whose rows hold several texts, without a past.</summary>
    public static AttentionMasks Of(AttentionRows rows, long queries, ScalarType dtype) => new(queries, 0, null, dtype, rows);

    /// <summary>For one new token per row over a cache.</summary>
    /// <param name="additive">(B, 1, 1, past + 1), 0 keeps, −∞ removes; null keeps all.</param>
    public static AttentionMasks Step(long past, Tensor? additive, ScalarType dtype) => new(1, past, null, dtype) { full = new(false, additive) };

    /// <summary>The mask of a layer whose queries see at most <paramref name="window"/> keys, themselves included; null: all.</summary>
    public LayerMask For(int? window)
    {
        if (window is null || window >= past + queries)
        {
            return full ??= Make(null);
        }

        return windowed ??= Make(window);
    }

    private static bool NeedsMask(Tensor keep, long past)
    {
        using var scope = torch.NewDisposeScope();
        if (keep.all().item<bool>())
        {
            return false;
        }

        if (past > 0)
        {
            return true;
        }

        // Ones then zeros in every row: right padding.
        var length = keep.shape[1];
        var rises = keep.narrow(1, 0, length - 1).logical_not().logical_and(keep.narrow(1, 1, length - 1));
        return rises.any().item<bool>();
    }

    private LayerMask Make(int? window)
    {
        if (rows is not null)
        {
            return new(true, null, Rows: rows, Windows: rows.Windows(window, dtype));
        }

        if (allowed is null && window is null && (queries == 1 || past == 0))
        {
            return new(queries > 1, null);
        }

        var keys = past + queries;
        if (queries == 1 && window is { } recent)
        {
            return new(false, For(null).Additive?.narrow(3, keys - recent, recent), recent);
        }

        using var none = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var q = torch.arange(past, keys, ScalarType.Int64).view(queries, 1);
        var k = torch.arange(keys, ScalarType.Int64).view(1, keys);
        var see = k.le(q);
        if (window is { } w)
        {
            using var size = (Scalar)(long)w;
            see = see.logical_and(q.sub(k).lt(size));
        }

        see = allowed is null ? see.view(1, 1, queries, keys) : see.view(1, 1, queries, keys).logical_and(allowed);
        var additive = torch.zeros(see.shape, dtype).masked_fill_(see.logical_not(), Scalars.MinusInfinity);
        if (allowed is null)
        {
            return new(false, additive.MoveToOuterDisposeScope());
        }

        var sees = see.any(-1, keepdim: true);
        var blind = sees.all().item<bool>() ? null : sees.to_type(dtype).MoveToOuterDisposeScope();
        return new(false, additive.masked_fill_(sees.logical_not(), Scalars.Zero).MoveToOuterDisposeScope(), Sees: blind);
    }
}
