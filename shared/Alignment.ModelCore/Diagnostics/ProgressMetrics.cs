using System.Globalization;

namespace Alignment.ModelCore.Diagnostics;

/// <summary>Passes steps and events on as one line of progress.</summary>
/// <param name="report">Receives step (from 1), total and a short text.</param>
public sealed class ProgressMetrics(Action<int, int, string> report) : IMetricsSink
{
    private int total;

    public void Step(StepMetrics metrics)
    {
        total = metrics.Total;
        report(metrics.Step, total, metrics.Values.TryGetValue("loss", out var loss) ? string.Create(CultureInfo.InvariantCulture, $"loss {loss:F4}") : "");
    }

    public void Event(RunEvent happened) => report(happened.Step, total, happened.Message);
}
