namespace Alignment.Statistics.Drift;

/// <summary>Which way a mean must move to be noticed.</summary>
public enum DriftDirection
{
    Both,
    Up,
    Down,
}

/// <summary>
/// Page–Hinkley (Page 1954) with forgetting, as river has it: U = α·U + (x − m − δ), D = α·D + (x − m + δ), m the mean of all values since the last alarm;
/// an alarm when U − min U or max D − D exceeds the threshold. After an alarm everything starts anew with the next value.
/// </summary>
public sealed class PageHinkley(double delta = .005, double threshold = 5, double alpha = .9999, int leastValues = 30, DriftDirection direction = DriftDirection.Both)
{
    private bool alarmed;
    private long count;
    private double mean;
    private double up;
    private double down;
    private double lowest = double.PositiveInfinity;
    private double highest = double.NegativeInfinity;

    /// <summary>Takes a value in; true when the mean has moved.</summary>
    public bool Add(double value)
    {
        if (alarmed)
        {
            (alarmed, count, mean, up, down, lowest, highest) = (false, 0, 0, 0, 0, double.PositiveInfinity, double.NegativeInfinity);
        }

        count++;
        mean += (value - mean) / count;
        up = (alpha * up) + (value - mean - delta);
        down = (alpha * down) + (value - mean + delta);
        lowest = Math.Min(lowest, up);
        highest = Math.Max(highest, down);
        var (rises, falls) = (direction != DriftDirection.Down && up - lowest > threshold, direction != DriftDirection.Up && highest - down > threshold);
        return alarmed = count >= leastValues && (rises || falls);
    }
}
