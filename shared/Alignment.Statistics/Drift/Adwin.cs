namespace Alignment.Statistics.Drift;

/// <summary>
/// ADWIN (Bifet &amp; Gavaldà 2007): a window that drops its oldest values as soon as they differ in mean from the newer ones by more than chance allows.
/// Values are kept as an exponential histogram: level l holds buckets of 2ˡ values.
/// </summary>
/// <param name="delta">Chance of a false alarm at one test.</param>
/// <param name="clock">Values between two tests.</param>
/// <param name="maxBuckets">Buckets of a level before its two oldest are merged.</param>
/// <param name="least">Values that each side of a cut needs.</param>
/// <param name="grace">No test while the window holds no more than this.</param>
/// <param name="restart">After an alarm start with an empty window (river); otherwise go on with the shortened one (the paper).</param>
public sealed class Adwin(double delta = .002, int clock = 32, int maxBuckets = 5, int least = 5, int grace = 10, bool restart = true)
{
    // Of each level, oldest bucket first.
    private readonly List<List<Bucket>> levels = [[]];
    private bool alarmed;
    private long tick;
    private double total;

    public long Width { get; private set; }

    public double Mean => Width == 0 ? 0 : total / Width;

    /// <summary>Of the window's values from their mean.</summary>
    public double SumOfSquaredDeviations { get; private set; }

    /// <summary>Takes a value in; true when the window was cut.</summary>
    public bool Add(double value)
    {
        if (alarmed && restart)
        {
            levels.Clear();
            levels.Add([]);
            (tick, total, Width, SumOfSquaredDeviations) = (0, 0, 0, 0);
        }

        Insert(value);
        tick++;
        alarmed = false;
        while (tick % clock == 0 && Width > grace && Differs())
        {
            DropOldest();
            alarmed = true;
        }

        return alarmed;
    }

    private void Insert(double value)
    {
        SumOfSquaredDeviations += Width == 0 ? 0 : Width * (value - Mean) * (value - Mean) / (Width + 1);
        total += value;
        Width++;
        levels[0].Add(new(value, 0));
        for (var l = 0; l < levels.Count && levels[l].Count > maxBuckets; l++)
        {
            if (l + 1 == levels.Count)
            {
                levels.Add([]);
            }

            var (a, b, size) = (levels[l][0], levels[l][1], (double)(1L << l));
            var apart = (a.Total - b.Total) / size;
            levels[l + 1].Add(new(a.Total + b.Total, a.Deviations + b.Deviations + (size / 2 * apart * apart)));
            levels[l].RemoveRange(0, 2);
        }
    }

    private void DropOldest()
    {
        var last = levels.Count - 1;
        var (bucket, size) = (levels[last][0], 1L << last);
        Width -= size;
        total -= bucket.Total;
        var apart = (bucket.Total / size) - Mean;
        SumOfSquaredDeviations -= bucket.Deviations + (size * (double)Width * apart * apart / (size + Width));
        levels[last].RemoveAt(0);
        if (levels[last].Count == 0 && last > 0)
        {
            levels.RemoveAt(last);
        }
    }

    /// <summary>Whether any cut between buckets, oldest first, parts the window; never behind the newest single value.</summary>
    private bool Differs()
    {
        var (older, sum) = (0L, 0.0);
        for (var l = levels.Count - 1; l >= 0; l--)
        {
            for (var k = 0; k < levels[l].Count && (l > 0 || k < levels[l].Count - 1); k++)
            {
                older += 1L << l;
                sum += levels[l][k].Total;
                var newer = Width - older;
                if (older >= least && newer >= least && Math.Abs((sum / older) - ((total - sum) / newer)) > Bound(older, newer))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private double Bound(long older, long newer)
    {
        double logarithm = Math.Log(2 * Math.Log(Width) / delta), harmonic = (1.0 / (older - least + 1)) + (1.0 / (newer - least + 1)), variance = SumOfSquaredDeviations / Width;
        return Math.Sqrt(2 * harmonic * variance * logarithm) + (2.0 / 3 * harmonic * logarithm);
    }

    private readonly record struct Bucket(double Total, double Deviations);
}
