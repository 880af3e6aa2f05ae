using System.Diagnostics;

namespace Alignment.ModelCore.Training.Advice;

/// <summary>Seconds by the clock, and of all of this process's threads.</summary>
public readonly record struct Cost(double Wall, double Cpu)
{
    public static Cost operator *(Cost cost, double times) => new(cost.Wall * times, cost.Cpu * times);
}

/// <summary>A moment to count from.</summary>
internal readonly record struct CostMark(long Stamp, double Cpu)
{
    public static CostMark Now => new(Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime.TotalSeconds);

    public Cost Since() => new(Stopwatch.GetElapsedTime(Stamp).TotalSeconds, Environment.CpuUsage.TotalTime.TotalSeconds - Cpu);
}

/// <summary>What one step of a trial took, and its padded tokens.</summary>
internal readonly record struct StepTime(Cost Cost, long Tokens)
{
    /// <summary>
    /// All steps of a run of <paramref name="count"/> steps with <paramref name="meanTokens"/> padded tokens on average. CPU seconds are a line in
    /// the tokens; the clock's follow by the median of clock over CPU, so that a neighbour's short disturbance does not count. Steps of the first
    /// <paramref name="warmUp"/> seconds, half of all at most, only add what they took above the line: the whole run pays it once as well.
    /// </summary>
    public static Cost Whole(IReadOnlyList<StepTime> steps, int count, double meanTokens, double warmUp)
    {
        var (cold, spent) = (steps.Count > 2 ? 1 : 0, steps[0].Cost.Wall);
        while (cold < steps.Count / 2 && spent + steps[cold].Cost.Wall < warmUp)
        {
            spent += steps[cold++].Cost.Wall;
        }

        var warm = steps.Skip(cold).ToList();
        var (constant, perToken) = StepCost.Fit([.. warm.Select(s => (s.Cost.Cpu, s.Tokens))]);
        var clock = Median([.. warm.Select(s => s.Cost.Wall / Math.Max(1e-9, s.Cost.Cpu))]);
        var start = Math.Max(0, steps.Take(cold).Sum(s => s.Cost.Cpu - constant - (perToken * s.Tokens)));
        var startWall = Math.Max(0, steps.Take(cold).Sum(s => s.Cost.Wall - (clock * (constant + (perToken * s.Tokens)))));
        var line = count * (constant + (perToken * meanTokens));
        return new((clock * line) + startWall, line + start);
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values.Length % 2 == 1 ? values[values.Length / 2] : (values[(values.Length / 2) - 1] + values[values.Length / 2]) / 2;
    }
}
