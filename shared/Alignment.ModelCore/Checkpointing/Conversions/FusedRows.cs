using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Checkpointing.Conversions;

/// <summary>Fuses and splits projections; biases follow the rows. Exact copies.</summary>
public static class FusedRows
{
    /// <summary>One tensor (rows, …) from q, k, v (rows, …).</summary>
    public static Tensor Fuse(FusedLayout layout, Tensor query, Tensor key, Tensor value, int heads, int keyValueHeads)
    {
        if (layout == FusedLayout.Concat)
        {
            return Stack(query, key, value);
        }

        var (groups, perGroup) = Groups(layout, heads, keyValueHeads);
        long[] rest = query.shape[1..];
        var size = query.shape[0] / heads;
        Tensor Grouped(Tensor t, long count) => t.reshape([groups, count * size, .. rest]);
        return torch.cat([Grouped(query, perGroup), Grouped(key, 1), Grouped(value, 1)], 1).reshape([-1, .. rest]);
    }

    /// <summary>The inverse of <see cref="Fuse"/>.</summary>
    public static (Tensor Query, Tensor Key, Tensor Value) Split(FusedLayout layout, Tensor fused, int heads, int keyValueHeads)
    {
        long[] rest = fused.shape[1..];
        var size = fused.shape[0] / (heads + (2L * keyValueHeads));
        if (layout == FusedLayout.Concat)
        {
            var parts = Cut(fused, heads * size, keyValueHeads * size, keyValueHeads * size);
            return (parts[0], parts[1], parts[2]);
        }

        var (groups, perGroup) = Groups(layout, heads, keyValueHeads);
        var grouped = fused.reshape([groups, (perGroup + 2) * size, .. rest]);
        Tensor Take(long start, long count) => grouped.narrow(1, start * size, count * size).reshape([-1, .. rest]).contiguous();
        return (Take(0, perGroup), Take(perGroup, 1), Take(perGroup + 1, 1));
    }

    /// <summary>Rows of several matrices one after another, such as gate then up (Phi-3 gate_up_proj).</summary>
    public static Tensor Stack(params Tensor[] parts) => torch.cat(parts, 0);

    /// <summary>The inverse of <see cref="Stack"/>.</summary>
    public static IReadOnlyList<Tensor> Cut(Tensor stacked, params long[] rows)
    {
        if (rows.Sum() != stacked.shape[0])
        {
            throw new ArgumentException($"{stacked.shape[0]} rows cannot be cut into {string.Join(" + ", rows)}.", nameof(rows));
        }

        var at = 0L;
        return [.. rows.Select(r => stacked.narrow(0, (at += r) - r, r).contiguous())];
    }

    private static (long Groups, long PerGroup) Groups(FusedLayout layout, int heads, int keyValueHeads) => layout == FusedLayout.PerHead && heads != keyValueHeads
        ? throw new ArgumentException("The per-head layout has one key and value head per query head.", nameof(keyValueHeads))
        : (keyValueHeads, heads / keyValueHeads);
}
