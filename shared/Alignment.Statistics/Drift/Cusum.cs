namespace Alignment.Statistics.Drift;

/// <summary>
/// Tabular CUSUM (Page 1954): the sums of what values exceed, or fall short of, target by more than the slack; an alarm when either passes the limit, and
/// both start at 0 again with the next value.
/// </summary>
public sealed class Cusum(double target, double slack, double limit)
{
    private bool alarmed;

    /// <summary>After the last value.</summary>
    public double Upper { get; private set; }

    public double Lower { get; private set; }

    /// <summary>From a stretch that is in order: its mean, half a standard deviation of slack, five of limit.</summary>
    public static Cusum Of(IReadOnlyList<double> inOrder)
    {
        var mean = inOrder.Average();
        var deviation = Math.Sqrt(inOrder.Sum(x => (x - mean) * (x - mean)) / (inOrder.Count - 1));
        return new(mean, deviation / 2, 5 * deviation);
    }

    /// <summary>Takes a value in; true when it is out of order.</summary>
    public bool Add(double value)
    {
        var (upper, lower) = alarmed ? (0, 0) : (Upper, Lower);
        (Upper, Lower) = (Math.Max(0, upper + value - target - slack), Math.Max(0, lower - value + target - slack));
        return alarmed = Upper > limit || Lower > limit;
    }
}
