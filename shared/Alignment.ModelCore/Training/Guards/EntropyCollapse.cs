using System.Globalization;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>The policy's entropy fell below a share of what it was at the start: it gives one answer to everything.</summary>
/// <param name="metrics">Names of the metric, nats per token.</param>
/// <param name="floor">Share of the baseline, 0 … 1.</param>
public sealed class EntropyCollapse(IReadOnlyList<string> metrics, double floor) : IGuard
{
    public string Name => "entropy_collapse";

    public IReadOnlyList<string> Watches => metrics;

    public bool CuredByKl => true;

    public Verdict Judge(GuardHistory history)
    {
        if (history.Reported(metrics) is not { } series || series.Window(history.Window) is not { Count: > 0 } window || double.IsNaN(series.Baseline))
        {
            return Verdict.Calm;
        }

        var (entropy, least) = (window.Average(), floor * series.Baseline);
        return entropy >= least ? Verdict.Calm : Verdict.Fire(
            string.Create(CultureInfo.InvariantCulture, $"entropy is {entropy:0.####} nats per token over the last {window.Count} measurements, below {floor:0.##} of the {series.Baseline:0.####} at the start"),
            ("entropy", entropy), ("start", series.Baseline), ("floor", least));
    }
}
