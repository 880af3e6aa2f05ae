namespace Alignment.ModelCore.Data;

/// <summary>How rows become batches.</summary>
/// <param name="BatchSize">Rows in a micro-batch (≥ 1).</param>
/// <param name="Accumulation">Micro-batches in an optimiser step (≥ 1).</param>
/// <param name="Epochs">Passes over the rows; may be fractional. Ignored when <paramref name="MaxSteps"/> &gt; 0.</param>
/// <param name="MaxSteps">Optimiser steps in all; 0 lets the epochs decide.</param>
/// <param name="Sequential">True keeps the order of the file (no shuffling, no grouping by length).</param>
/// <param name="BucketBatches">Rows are shuffled, then sorted by length inside pools of this many batches; 1 does not sort.</param>
public sealed record BatchPlanOptions(int BatchSize, int Accumulation, double Epochs, int MaxSteps, long Seed, bool Sequential, int BucketBatches);

/// <summary>
/// Which rows each optimiser step trains on. A pure function of (row lengths, options): step s of a resumed run gets exactly the rows
/// that it would have got without the interruption. Batches of about equal length waste little on padding; their order is shuffled
/// again so that length does not correlate with time. A step never spans two epochs; the last one of an epoch may be smaller.
/// </summary>
public sealed class BatchPlan
{
    private readonly IReadOnlyList<int> lengths;
    private readonly BatchPlanOptions options;
    private (int Epoch, int[][] Batches) current = (-1, []);

    /// <param name="lengths">Tokens of each row (for a pair: of the longer side).</param>
    public BatchPlan(IReadOnlyList<int> lengths, BatchPlanOptions options)
    {
        if (lengths.Count == 0)
        {
            throw new ArgumentException("There are no rows to train on.", nameof(lengths));
        }

        (this.lengths, this.options) = (lengths, options);
        var batches = (lengths.Count + options.BatchSize - 1) / options.BatchSize;
        StepsPerEpoch = (batches + options.Accumulation - 1) / options.Accumulation;
        TotalSteps = options.MaxSteps > 0 ? options.MaxSteps : Math.Max(1, (int)Math.Ceiling((StepsPerEpoch * options.Epochs) - 1e-9));
    }

    /// <summary>Rows to train on.</summary>
    public int Rows => lengths.Count;

    /// <summary>Tokens of the longest row.</summary>
    public int LongestRow => lengths.Max();

    public int StepsPerEpoch { get; }

    public int TotalSteps { get; }

    /// <summary>The row indices of each micro-batch of optimiser step <paramref name="step"/> (0-based).</summary>
    public IReadOnlyList<int[]> Step(int step)
    {
        var epoch = step / StepsPerEpoch;
        if (current.Epoch != epoch)
        {
            current = (epoch, Batches(epoch));
        }

        var first = step % StepsPerEpoch * options.Accumulation;
        return current.Batches[first..Math.Min(first + options.Accumulation, current.Batches.Length)];
    }

    /// <summary>Tokens of a micro-batch with its rows padded to the longest.</summary>
    public long PaddedTokens(int[] rows) => (long)rows.Length * rows.Max(i => lengths[i]);

    private int[][] Batches(int epoch)
    {
        if (options.Sequential)
        {
            return [.. Enumerable.Range(0, lengths.Count).Chunk(options.BatchSize)];
        }

        var shuffle = new Shuffle(options.Seed, epoch);
        var order = shuffle.Permutation(lengths.Count);
        var batches = order.Chunk(Math.Max(1, options.BucketBatches) * options.BatchSize)
            .SelectMany(pool => (options.BucketBatches > 1 ? pool.OrderBy(i => lengths[i]) : pool.AsEnumerable()).Chunk(options.BatchSize)).ToArray();
        shuffle.Apply<int[]>(batches);
        return batches;
    }
}
