using TorchSharp;
using static TorchSharp.torch;

namespace Alignment.ModelCore.Modules;

/// <summary>
/// Keys and values of the tokens seen so far, preallocated: nothing grows while tokens are generated. For inference only; what
/// needs gradients through the past implements <see cref="IPastKeyValues"/> itself.
/// </summary>
public sealed class KeyValueCache : IPastKeyValues, IDisposable
{
    private readonly Tensor[] keys;
    private readonly Tensor[] values;

    /// <param name="capacity">Longest sequence, prompt included.</param>
    public KeyValueCache(Architectures.DecoderConfig config, long batch, long capacity, ScalarType dtype)
    {
        using var normal = torch.inference_mode(false);
        Capacity = capacity;
        Batch = batch;
        Tensor New() => torch.zeros([batch, config.KeyValueHeadCount, capacity, config.HeadSize], dtype).DetachFromDisposeScope();
        keys = [.. Enumerable.Range(0, config.LayerCount).Select(_ => New())];
        values = [.. Enumerable.Range(0, config.LayerCount).Select(_ => New())];
    }

    private KeyValueCache(Tensor[] keys, Tensor[] values, long batch, long capacity, long length) =>
        (this.keys, this.values, Batch, Capacity, Length) = (keys, values, batch, capacity, length);

    public long Batch { get; }

    public long Capacity { get; }

    public long Length { get; private set; }

    /// <summary>Keys of a layer so far, after rotation. (B, K, Length, S)</summary>
    public Tensor Keys(int layer) => keys[layer].narrow(2, 0, Length);

    /// <summary>Values of a layer so far. (B, K, Length, S)</summary>
    public Tensor Values(int layer) => values[layer].narrow(2, 0, Length);

    public (Tensor Keys, Tensor Values) Append(int layer, Tensor key, Tensor value)
    {
        var count = key.shape[2];
        if (Length + count > Capacity)
        {
            throw new InvalidOperationException($"The cache holds {Capacity} tokens; {Length} + {count} do not fit.");
        }

        using (torch.no_grad())
        {
            using var k = keys[layer].narrow(2, Length, count);
            using var v = values[layer].narrow(2, Length, count);
            k.copy_(key);
            v.copy_(value);
        }

        return (keys[layer].narrow(2, 0, Length + count), values[layer].narrow(2, 0, Length + count));
    }

    public void Advance(long count) => Length += count;

    /// <summary>Forgets everything after the first <paramref name="length"/> tokens.</summary>
    public void Truncate(long length) => Length = length <= Length ? length : throw new ArgumentOutOfRangeException(nameof(length));

    /// <summary>Row i becomes a copy of old row <paramref name="rows"/>[i] (int64). Beam search and dropping of finished rows.</summary>
    public KeyValueCache Select(Tensor rows)
    {
        using var none = torch.no_grad();
        Tensor[] Pick(Tensor[] from) => [.. from.Select(t => t.index_select(0, rows).DetachFromDisposeScope())];
        return new(Pick(keys), Pick(values), rows.shape[0], Capacity, Length);
    }

    public void Dispose()
    {
        foreach (var t in keys.Concat(values))
        {
            t.Dispose();
        }
    }
}
