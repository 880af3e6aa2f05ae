using Alignment.ModelCore.Diagnostics;

namespace Alignment.Suite.Commands.Bench.Preference;

/// <summary>
/// Processor seconds of this process between the steps of a run: what other processes do at the same time does not count. The first and the
/// last step are left out, which take the measurements that cost time.
/// </summary>
internal sealed class StepClock : IMetricsSink
{
    private readonly List<TimeSpan> at = [];

    /// <summary>The cheapest step.</summary>
    public double Seconds => at.Zip(at.Skip(1), (a, b) => (b - a).TotalSeconds).SkipLast(1).Min();

    public void Step(StepMetrics metrics) => at.Add(Environment.CpuUsage.TotalTime);

    public void Event(RunEvent happened)
    {
    }
}
