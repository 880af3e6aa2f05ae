using System.Globalization;

namespace Alignment.ModelCore.Training.Guards;

/// <summary>
/// An estimate of KL may dip below 0 by chance, but not stay there: that says that answers were not drawn from the policy that is
/// scored (stale weights, another temperature or dtype, forced tokens). Fires when the window's mean is below 0 by more than two
/// standard errors and by more than the tolerance.
/// </summary>
/// <param name="metrics">Names of the metric, in nats.</param>
/// <param name="tolerance">Nats below 0 that are put down to rounding.</param>
public sealed class NegativeKl(IReadOnlyList<string> metrics, double tolerance) : IGuard
{
    public string Name => "negative_kl";

    public IReadOnlyList<string> Watches => metrics;

    public bool CuredByKl => false;

    public Verdict Judge(GuardHistory history)
    {
        var window = history.Reported(metrics)?.Window(history.Window) ?? [];
        if (window.Count < 2)
        {
            return Verdict.Calm;
        }

        var mean = window.Average();
        var error = Math.Sqrt(window.Sum(v => (v - mean) * (v - mean)) / (window.Count - 1) / window.Count);
        return mean + (2 * error) >= 0 || mean >= -tolerance ? Verdict.Calm : Verdict.Fire(
            string.Create(CultureInfo.InvariantCulture, $"KL from the reference is {mean:0.####} ± {error:0.####} nats over the last {window.Count} measurements, below 0: the answers do not come from the policy that is scored"),
            ("kl", mean), ("standard_error", error));
    }
}
