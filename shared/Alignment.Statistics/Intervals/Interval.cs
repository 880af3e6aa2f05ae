namespace Alignment.Statistics.Intervals;

/// <summary>An interval from <paramref name="Low"/> to <paramref name="High"/>, both included.</summary>
public readonly record struct Interval(double Low, double High);
