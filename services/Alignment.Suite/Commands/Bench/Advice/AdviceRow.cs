namespace Alignment.Suite.Commands.Bench.Advice;

/// <summary>One run: what the advisor said of it, and what it took.</summary>
internal sealed record AdviceRow(string Run, double EstimatedMb, double MeasuredMb, double EstimatedSeconds, double MeasuredSeconds, double EstimatedCpuSeconds, double MeasuredCpuSeconds)
{
    private const double MemoryLimit = 0.15, TimeLimit = 0.3;

    public static string Limits => FormattableString.Invariant($"allowed: memory within {MemoryLimit:0 %}, time by the clock within {TimeLimit:0 %}");

    public double MemoryError => (EstimatedMb / MeasuredMb) - 1;

    public double TimeError => (EstimatedSeconds / MeasuredSeconds) - 1;

    public double CpuError => (EstimatedCpuSeconds / MeasuredCpuSeconds) - 1;

    public bool Holds => Math.Abs(MemoryError) <= MemoryLimit && Math.Abs(TimeError) <= TimeLimit;

    /// <summary>The work was as said and only the clock was not: other programs took the processor from the trial or from the run.</summary>
    public bool Disturbed => Math.Abs(MemoryError) <= MemoryLimit && Math.Abs(CpuError) <= TimeLimit && !Holds;
}
