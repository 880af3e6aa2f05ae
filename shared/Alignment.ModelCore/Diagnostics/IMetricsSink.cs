namespace Alignment.ModelCore.Diagnostics;

/// <summary>
/// Where a recipe reports to: a file, a terminal, a job's progress. Names and denominators are those of the metric glossary
/// (<c>loss</c>, <c>grad_norm</c>, <c>rewards/margins</c> …); padding is never counted.
/// </summary>
public interface IMetricsSink
{
    /// <summary>One optimiser step is done.</summary>
    void Step(StepMetrics metrics);

    /// <summary>Something happened that a reader of the run must see: resumed, step dropped, a guard fired.</summary>
    void Event(RunEvent happened);
}

/// <summary>The numbers of optimiser step <paramref name="Step"/> (1-based) of <paramref name="Total"/>.</summary>
public sealed record StepMetrics(int Step, int Total, IReadOnlyDictionary<string, double> Values);

/// <summary><paramref name="Name"/> is a fixed word such as <c>resumed</c> or <c>step_dropped</c>.</summary>
public sealed record RunEvent(int Step, string Name, string Message)
{
    /// <summary>The numbers behind the message, by name.</summary>
    public IReadOnlyDictionary<string, double> Values { get; init; } = new Dictionary<string, double>();
}
