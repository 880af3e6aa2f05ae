namespace Alignment.ModelCore.Diagnostics;

/// <summary>Reports to several sinks, in order.</summary>
public sealed class CompositeMetrics(params IReadOnlyList<IMetricsSink> sinks) : IMetricsSink
{
    public void Step(StepMetrics metrics)
    {
        foreach (var s in sinks)
        {
            s.Step(metrics);
        }
    }

    public void Event(RunEvent happened)
    {
        foreach (var s in sinks)
        {
            s.Event(happened);
        }
    }
}
