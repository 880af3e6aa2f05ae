namespace Alignment.ModelCore.Data;

/// <summary>How general rows are mixed among a run's own: exact shares, and an order that follows from the seed alone.</summary>
public static class Replay
{
    // Keeps this order apart from that of the run's own rows.
    private const long Salt = 0x5EED_0F_9E17;

    /// <summary>General rows so that they are <paramref name="share"/> of all: share/(1 − share)·own, rounded to the nearest.</summary>
    public static int Count(int own, double share) => (int)Math.Round(own * share / (1 - share), MidpointRounding.AwayFromZero);

    /// <summary>General rows due with the own rows <paramref name="before"/> … <paramref name="before"/> + <paramref name="own"/> − 1 of a stream: any prefix of it keeps the share to less than one row.</summary>
    public static int Due(long before, int own, double share)
    {
        long Until(long rows) => (long)Math.Floor((rows * share / (1 - share)) + 1e-9);
        return (int)(Until(before + own) - Until(before));
    }

    /// <summary>
    /// <paramref name="take"/> items, from position <paramref name="from"/> on, of an endless stream in which every pass over all items is a
    /// new permutation.
    /// </summary>
    public static IReadOnlyList<T> Take<T>(IReadOnlyList<T> all, long from, int take, long seed)
    {
        var taken = new List<T>(take);
        var (pass, order) = (-1L, Array.Empty<int>());
        for (var position = from; position < from + take; position++)
        {
            if (position / all.Count != pass)
            {
                pass = position / all.Count;
                order = new Shuffle(seed ^ Salt, (int)pass).Permutation(all.Count);
            }

            taken.Add(all[order[position % all.Count]]);
        }

        return taken;
    }

    /// <summary>Own rows with <see cref="Count"/> general ones after them; each general row is used equally often, to one.</summary>
    public static IReadOnlyList<TokenRow> Mix(IReadOnlyList<TokenRow> own, IReadOnlyList<TokenRow> general, double share, long seed) =>
        [.. own, .. Take(general, 0, Count(own.Count, share), seed)];
}
