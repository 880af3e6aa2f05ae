namespace Alignment.ModelCore.Diagnostics;

/// <summary>Keeps everything in memory, for reports and tests.</summary>
public sealed class MemoryMetrics : IMetricsSink
{
    private readonly List<StepMetrics> steps = [];
    private readonly List<RunEvent> events = [];

    public IReadOnlyList<StepMetrics> Steps => steps;

    public IReadOnlyList<RunEvent> Events => events;

    /// <summary>The values of one key by step; steps without it are left out.</summary>
    public IReadOnlyList<(int Step, double Value)> Curve(string key) =>
        [.. steps.Where(s => s.Values.ContainsKey(key)).Select(s => (s.Step, s.Values[key]))];

    void IMetricsSink.Step(StepMetrics metrics) => steps.Add(metrics);

    public void Event(RunEvent happened) => events.Add(happened);
}
