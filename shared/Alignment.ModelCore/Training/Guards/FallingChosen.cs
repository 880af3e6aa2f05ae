using System.Globalization;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>
/// The answers that people chose became much less likely. Margins may rise all the while: the loss is as glad of a rejected answer that
/// falls faster (Pal et al. 2024). Some fall is usual, tens of nats are not.
/// </summary>
/// <param name="metrics">Names of the metric: mean log-probability of a chosen answer, nats per sequence.</param>
/// <param name="drop">Nats below the baseline that are allowed.</param>
public sealed class FallingChosen(IReadOnlyList<string> metrics, double drop) : IGuard
{
    public string Name => "falling_chosen";

    public IReadOnlyList<string> Watches => metrics;

    public bool CuredByKl => false;

    public Verdict Judge(GuardHistory history)
    {
        if (history.Reported(metrics) is not { } series || series.Window(history.Window) is not { Count: > 0 } window || double.IsNaN(series.Baseline))
        {
            return Verdict.Calm;
        }

        var (now, fell) = (window.Average(), series.Baseline - window.Average());
        return fell <= drop ? Verdict.Calm : Verdict.Fire(
            string.Create(CultureInfo.InvariantCulture, $"chosen answers lost {fell:0.##} nats: log-probability {now:0.##} over the last {window.Count} measurements, {series.Baseline:0.##} at the start; {drop:0.##} are allowed"),
            ("logps/chosen", now), ("start", series.Baseline), ("drop", fell));
    }
}
